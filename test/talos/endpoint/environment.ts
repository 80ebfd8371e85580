import t from 'tap';
import { settingsFrom, withSettings } from '../../../src/talos/endpoint/environment.ts';
import { parseInventory } from '../../../src/talos/inventory/load.ts';

const NODES = 'nodes: [{name: a, role: controlplane, address: 10.0.0.10}]\n';
const VIP = `name: c\nendpoint: {mode: talosvip}\nvips: [10.0.0.9]\n${NODES}`;

function overridden(env: Record<string, string>, lenient = false, text = VIP) {
  return withSettings(parseInventory(text, 'c.yaml'), settingsFrom(env), lenient);
}

await t.test('flags come before the environment, and an empty variable is none', (t) => {
  const mode = { value: 'none', where: '--mode' };
  const given = settingsFrom({ ENDPOINT_MODE: 'custom', TALOS_VIP_LINK: '' }, { mode });
  t.strictSame(given, { mode, custom: undefined, vipLink: undefined });
  t.end();
});

await t.test('each variable takes the place of what the inventory says', (t) => {
  const plain = `name: c\n${NODES}`;
  const { inventory, warnings } = overridden(
    { ENDPOINT_MODE: 'custom', CUSTOM_ENDPOINT: 'lb, [fd00::1]:8443,LB' },
    false,
    plain,
  );
  t.strictSame(inventory.endpoint, {
    mode: 'custom',
    custom: [
      { host: 'lb', port: 6443 },
      { host: 'fd00::1', port: 8443 },
    ],
    loadBalancerIps: [],
  });
  t.match(warnings, [/ENDPOINT_MODE = "custom" takes the place of networkconfiguration/]);
  const link = overridden({ TALOS_VIP_LINK: 'end0' }).inventory;
  t.match(link, { vipLink: 'end0', vipAlias: 'end0', vips: ['10.0.0.9'] });
  t.end();
});

await t.test('strict refuses, lenient falls back as the operator does', (t) => {
  const cases: [Record<string, string>, RegExp, object | undefined, RegExp][] = [
    [
      { ENDPOINT_MODE: 'TalosVIP' },
      /ENDPOINT_MODE = "TalosVIP": is no endpoint mode; write talosvip/,
      { endpoint: { mode: 'networkconfiguration' } },
      /Invalid endpoint mode 'TalosVIP', falling back to default 'networkconfiguration'/,
    ],
    [
      { ENDPOINT_MODE: 'none' },
      /vips are not used by the mode none; leave one out/,
      { vips: [], endpoint: { mode: 'none' } },
      /vips are not used/,
    ],
    [
      { CUSTOM_ENDPOINT: 'lb' },
      /CUSTOM_ENDPOINT is not used by the mode talosvip/,
      { endpoint: { mode: 'talosvip', custom: [] }, vips: ['10.0.0.9'] },
      /CUSTOM_ENDPOINT is not used/,
    ],
    [
      { ENDPOINT_MODE: 'custom', CUSTOM_ENDPOINT: ',lb,' },
      /CUSTOM_ENDPOINT = ",lb,": has an empty entry/,
      { endpoint: { custom: [{ host: 'lb' }] } },
      /takes the place of talosvip/,
    ],
    [{ ENDPOINT_MODE: 'custom', CUSTOM_ENDPOINT: ',' }, /empty entry/, undefined, /no valid/],
    [{ ENDPOINT_MODE: 'custom', CUSTOM_ENDPOINT: 'a b' }, /"a b" is nei/, undefined, /is nei/],
    [{ ENDPOINT_MODE: 'custom' }, /vips are not|needs an endpoint/, undefined, /needs an endpoint/],
    [{ TALOS_VIP_LINK: 'a/b' }, /TALOS_VIP_LINK = "a\/b": is no name/, undefined, /is no name/],
  ];
  for (const [env, strict, lenient, warning] of cases) {
    t.throws(() => overridden(env), { message: strict, exitCode: 2 }, JSON.stringify(env));
    if (lenient === undefined) {
      t.throws(() => overridden(env, true), { message: warning, exitCode: 2 });
      continue;
    }
    const { inventory, warnings } = overridden(env, true);
    t.match(inventory, lenient, JSON.stringify(env));
    t.match(warnings.join('\n'), warning);
  }
  t.end();
});

await t.test('no link at all: lenient takes net0 as the operator does', (t) => {
  t.equal(overridden({}).inventory.vipLink, undefined);
  const { inventory, warnings } = overridden({}, true);
  t.equal(inventory.vipLink, 'net0');
  t.match(warnings, [/net0 is taken/]);
  t.end();
});
