import t from 'tap';
import { parse } from 'yaml';
import { resolveEndpoint } from '../../../src/talos/endpoint/resolve.ts';
import { importSources } from '../../../src/talos/import/sources.ts';
import { parseInventory } from '../../../src/talos/inventory/load.ts';
import { mergeTalconfig, talhelperFragment } from '../../../src/talos/render/talhelper.ts';
import type { Dialect } from '../../../src/talos/version.ts';

const INVENTORY = `name: c
endpoint: {mode: talosvip}
vips: [10.4.0.9]
vipLink: end0
nodes:
  - {name: a, role: controlplane, address: 10.4.0.10, dhcp: true}
  - {name: b, role: controlplane, address: 10.4.0.11, dhcp: true}
`;
const VIP_A = {
  machine: {
    network: { interfaces: [{ interface: 'end0', dhcp: true, vip: { ip: '10.4.0.9' } }] },
  },
};

function source(dialect: Dialect, text = INVENTORY) {
  const inventory = parseInventory(text, '/c.yaml');
  return { inventory, endpoint: resolveEndpoint(inventory), dialect };
}

interface Talconfig {
  readonly [key: string]: unknown;
  readonly controlPlane?: { readonly patches: readonly string[] };
  readonly nodes: readonly { readonly patches?: readonly string[] }[];
}

await t.test('the fragment: one patch for all, or each its own', (t) => {
  const common = parse(talhelperFragment(source('A'))) as Talconfig;
  t.match(common, {
    endpoint: 'https://10.4.0.9:6443',
    additionalApiServerCertSans: ['10.4.0.9', '10.4.0.10', '10.4.0.11'],
  });
  t.strictSame(parse(common.controlPlane?.patches[0] ?? ''), VIP_A);
  const own = INVENTORY.replace('11, dhcp', '11, mac: 00:1a:2b:3c:4d:5e, dhcp');
  const each = parse(talhelperFragment(source('B', own))) as Talconfig;
  t.notOk(each.controlPlane);
  t.match(each.nodes[0]?.patches?.[0], /^apiVersion: v1alpha1\nkind: Layer2VIPConfig/);
  t.match(each.nodes[1]?.patches?.[0], /LinkAliasConfig[^]*00:1a:2b[^]*\n---\n[^]*link: net0/);
  t.end();
});

const TALCONFIG = `# of the house
clusterName: c
endpoint: https://10.4.0.10:6443 # until there is a VIP
nodes:
  - hostname: a
    ipAddress: 10.4.0.10
    controlPlane: true
  - hostname: b # the second
    ipAddress: 10.4.0.11
    controlPlane: true
controlPlane:
  patches:
    - |-
      machine:
        sysctls: {a: "1"}
        network: {interfaces: [{interface: eth0, dhcp: true, vip: {ip: 10.4.0.8}}]}
    - '@other.yaml'
`;

await t.test('merged: the old VIP gives way, all else and the comments stay', async (t) => {
  const merged = mergeTalconfig(TALCONFIG, 't.yaml', source('A'));
  t.match(merged, /^# of the house\n/);
  t.match(merged, 'endpoint: https://10.4.0.9:6443 # until there is a VIP\n');
  t.match(merged, 'hostname: b # the second');
  const { controlPlane } = parse(merged) as Talconfig;
  t.strictSame(parse(controlPlane?.patches[0] ?? ''), VIP_A);
  t.strictSame(parse(controlPlane?.patches[1] ?? ''), { machine: { sysctls: { a: '1' } } });
  t.equal(controlPlane?.patches[2], '@other.yaml');
  t.notMatch(merged, /10\.4\.0\.8/);
  t.equal(mergeTalconfig(merged, 't.yaml', source('A')), merged, 'once more changes nothing');

  const bare = merged.replace(/ *- '?@other.*\n/, '');
  const options = { nodes: [], strategy: 'before-workers', lenient: false } as const;
  const { inventory } = await importSources([{ name: 't.yaml', text: bare }], options);
  t.match(inventory, { vips: ['10.4.0.9'], vipLink: 'end0', endpoint: { mode: 'talosvip' } });
});

await t.test('merged: a machine without its group gets the patch itself', (t) => {
  const own = TALCONFIG.replace('hostname: b', 'overridePatches: true\n    hostname: b');
  const { nodes, controlPlane } = parse(mergeTalconfig(own, 't.yaml', source('B'))) as Talconfig;
  for (const node of nodes) t.match(node.patches?.[0], /kind: Layer2VIPConfig/);
  t.notMatch(JSON.stringify(controlPlane), /vip/i);
  t.end();
});

await t.test('what contradicts is refused', (t) => {
  const cases: [string, string, RegExp][] = [
    ['clusterName: c', 'clusterName: d', /clusterName = "d", but the inventory is of "c"/],
    ['hostname: b', 'hostname: x', /t\.yaml: has no node b; add it there/],
    [
      'ipAddress: 10.4.0.11',
      'networkInterfaces: [{interface: e, vip: {ip: 10.4.0.9}}]',
      /nodes\.1\.networkInterfaces has the VIP 10\.4\.0\.9; take it out there/,
    ],
    ['nodes:', 'nodes: [', /t\.yaml:\d+:\d+: is no talconfig/],
  ];
  for (const [good, bad, message] of cases) {
    t.throws(() => mergeTalconfig(TALCONFIG.replace(good, bad), 't.yaml', source('A')), {
      message,
    });
  }
  t.end();
});
