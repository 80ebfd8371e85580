import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { MachineConfig } from '../../../src/talos/document/machine-config.ts';
import { applyPatches } from '../../../src/talos/merge/patch.ts';

function patched(base: string, ...patches: string[]): unknown[] {
  const given = patches.map((text, at) => ({ name: `p${at}`, text }));
  const text = applyPatches(MachineConfig.parse(base, 'base'), given).toString();
  return parseAllDocuments(text).map((document) => document.toJS() as unknown);
}

const links = (list: string): string => `machine: {network: {interfaces: ${list}}}\n`;
function entries(...result: unknown[]): unknown {
  return (result[0] as { machine: { network: { interfaces: unknown } } }).machine.network
    .interfaces;
}

const url = (at: string): string => `cluster: {controlPlane: {endpoint: "${at}"}}\n`;
const vip = (ip: string): string =>
  `---\napiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: ${ip}\n`;
const sans = (list: string): string => `cluster: {apiServer: {certSANs: ${list}}}\n`;
const nets = (list: string): string => `cluster: {network: {podSubnets: ${list}}}\n`;

await t.test('the vectors of the reference', (t) => {
  const end0 = links('[{interface: end0, dhcp: true}]');
  t.same(entries(...patched(end0, links('[{interface: end0, vip: {ip: 10.0.0.9}}]'))), [
    { interface: 'end0', dhcp: true, vip: { ip: '10.0.0.9' } },
  ]);
  const selected = links('[{deviceSelector: {driver: a}, dhcp: true}]');
  t.equal((entries(...patched(selected, links('[{interface: end0}]'))) as []).length, 2);
  t.equal(
    (entries(...patched(selected, links('[{deviceSelector: {driver: a}}]'))) as []).length,
    1,
  );
  const physical = links('[{deviceSelector: {physical: true}}]');
  t.equal((entries(...patched(physical, physical)) as []).length, 2, 'Go compares pointers');
  const vlan = links('[{interface: e, vlans: [{vlanId: 100, dhcp: true}]}]');
  const vlanVip = links(
    '[{interface: e, vlans: [{vlanId: 100, vip: {ip: 10.0.0.9}}, {vlanId: 7}]}]',
  );
  t.same(entries(...patched(vlan, vlanVip)), [
    {
      interface: 'e',
      vlans: [{ vlanId: 100, dhcp: true, vip: { ip: '10.0.0.9' } }, { vlanId: 7 }],
    },
  ]);
  const cloud = links('[{interface: e, vip: {ip: old, hcloud: {apiToken: t}}}]');
  t.same(entries(...patched(cloud, links('[{interface: e, vip: {ip: new}}]'))), [
    { interface: 'e', vip: { ip: 'new', hcloud: { apiToken: 't' } } },
  ]);
  t.same(patched(url('https://10.0.0.1:6443/'), url('https://10.0.0.9:6443')), [
    { cluster: { controlPlane: { endpoint: 'https://10.0.0.9:6443/' } } },
  ]);
  t.end();
});

await t.test('deletions come before the rest of their document', (t) => {
  const base = links('[{interface: end0, dhcp: true, vip: {ip: 10.0.0.9}}]');
  const anew = '[{interface: end0, $patch: delete}, {interface: end0, dhcp: true}]';
  t.same(entries(...patched(base, links(anew))), [{ interface: 'end0', dhcp: true }]);
  t.throws(() => patched(base, links('[{interface: end0, vip: {$patch: delete}}]')), {
    message: /cannot delete an inner key in 'machine\.network\.interfaces\.\[0\]\.vip'/,
  });
  t.throws(() => patched(base, 'machine: {network: {hostname: {$patch: delete}}}'), {
    message: /^patch delete: path 'machine\.network\.hostname' in document '\/v1alpha1': failed/,
  });
  t.throws(() => patched(base, '$patch: delete'), { message: /can't delete the root/ });
  t.equal(patched(base + vip('10.0.0.9'), vip('10.0.0.8')).length, 3);
  const moved = patched(
    base + vip('10.0.0.9'),
    `${vip('10.0.0.9')}$patch: delete\n${vip('10.0.0.8')}`,
  );
  t.same(moved[1], { apiVersion: 'v1alpha1', kind: 'Layer2VIPConfig', name: '10.0.0.8' });
  t.equal(moved.length, 2);
  t.end();
});

await t.test('lists: append, replace, and no SAN twice', (t) => {
  t.same(patched(sans('[a]'), sans('[a, b]')), [
    { cluster: { apiServer: { certSANs: ['a', 'b'] } } },
  ]);
  const as = applyPatches(
    MachineConfig.parse(sans('[a]'), 'b'),
    [{ name: 'p', text: sans('[a, b]') }],
    {
      dedupe: false,
    },
  );
  t.match(as.toString(), /\[\s*a, a, b\s*\]/, 'as Talos does');
  t.same(patched(nets('[a]'), nets('[b]')), [{ cluster: { network: { podSubnets: ['b'] } } }]);
  t.throws(() => patched(nets('[a]'), nets('{b: c}')), {
    message: /podSubnets is a map, and a list/,
  });
  t.end();
});

await t.test('JSON patches only where there is one document', (t) => {
  const op = '[{op: replace, path: /machine/type, value: worker}, {op: add, path: /a/-, value: 2}]';
  t.same(patched('machine: {type: init}\na: [1]\n', op), [
    { machine: { type: 'worker' }, a: [1, 2] },
  ]);
  t.throws(() => patched('a: 1\n---\nkind: X\n', op), {
    message: 'JSON6902 patches are not supported for multi-document machine configuration',
  });
  t.throws(() => patched('a: 1\n', '[{op: remove, path: /b}]'), {
    message: /remove \/b: there is no/,
  });
  t.end();
});

await t.test('comments, order and untouched bytes stay', (t) => {
  const base =
    '# top\nmachine:\n  token: 0123e4 # kept\n  type: init\n  # net\n  network:\n    nameservers:\n      - 1.1.1.1 # one\n';
  const config = MachineConfig.parse(base, 'base');
  const patch = 'machine: {network: {nameservers: [9.9.9.9]}}';
  const text = applyPatches(config, [{ name: 'p', text: patch }]).toString();
  t.equal(text, `${base}      - 9.9.9.9\n`);
  t.equal(config.toString(), base);
  t.end();
});
