import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { resolveEndpoint } from '../../../src/talos/endpoint/resolve.ts';
import { parseInventory } from '../../../src/talos/inventory/load.ts';
import { vlanLinkName } from '../../../src/talos/render/link.ts';
import { renderPatches, renderWarnings } from '../../../src/talos/render/patches.ts';
import { vipPatch } from '../../../src/talos/render/vip-patch.ts';
import type { Dialect } from '../../../src/talos/version.ts';

const GOOD = `name: c
endpoint: {mode: talosvip}
vips: [10.4.0.9]
dnsName: cp.example.net
nodes:
  - {name: a, role: controlplane, address: 10.4.0.10, link: end0, dhcp: true}
  - {name: b, role: controlplane, address: 10.4.0.11, mac: 00:1a:2b:3c:4d:5e, dhcp: true}
  - {name: w, role: worker, address: 10.4.0.13}
`;
const URL = 'https://cp.example.net:6443';
const SANS = ['10.4.0.9', '10.4.0.10', '10.4.0.11', 'cp.example.net'];

function source(dialect: Dialect, text = GOOD) {
  const inventory = parseInventory(text, '/c.yaml');
  return { inventory, endpoint: resolveEndpoint(inventory), dialect };
}

function patchOf(index: number, dialect: Dialect, text = GOOD): unknown[] {
  const from = source(dialect, text);
  const machine = from.inventory.machines[index];
  if (machine === undefined) throw new RangeError(`no node ${index}`);
  return parseAllDocuments(vipPatch(machine, from)).map((document): unknown => document.toJS());
}

const KUBE = { apiVersion: 'v1alpha1', kind: 'KubeClusterConfig', clusterName: 'c', endpoint: URL };
const VIP = { apiVersion: 'v1alpha1', kind: 'Layer2VIPConfig', name: '10.4.0.9' };
const CLUSTER = { controlPlane: { endpoint: URL }, apiServer: { certSANs: SANS } };

const machine = (entry: object) => ({ network: { interfaces: [entry] } });

await t.test('A: interface with its addressing and the VIP, endpoint and SANs', (t) => {
  const vip = { ip: '10.4.0.9' };
  t.strictSame(patchOf(0, 'A'), [
    { machine: machine({ interface: 'end0', dhcp: true, vip }), cluster: CLUSTER },
  ]);
  const deviceSelector = { hardwareAddr: '00:1a:2b:3c:4d:5e' };
  t.strictSame(patchOf(1, 'A'), [
    { machine: machine({ deviceSelector, dhcp: true, vip }), cluster: CLUSTER },
  ]);
  t.end();
});

await t.test('A: DHCP is never switched off by accident', (t) => {
  const unknown = GOOD.replace(', link: end0, dhcp: true', ', link: end0');
  t.throws(() => patchOf(0, 'A', unknown), /node a: .*ends DHCP on the link; write dhcp: true/);
  t.doesNotThrow(() => patchOf(0, 'B', unknown), 'documents of their own leave DHCP alone');
  const fixed = GOOD.replace('dhcp: true', 'addresses: [10.4.0.10/24]');
  t.match(patchOf(0, 'A', fixed), [
    { machine: { network: { interfaces: [{ addresses: ['10.4.0.10/24'] }] } } },
  ]);
  t.end();
});

await t.test('B: the VIP in a document, the link by an alias where only its MAC is known', (t) => {
  t.strictSame(patchOf(0, 'B'), [{ cluster: CLUSTER }, { ...VIP, link: 'end0' }]);
  const match = 'mac(link.permanent_addr) == "00:1a:2b:3c:4d:5e"';
  t.strictSame(patchOf(1, 'B'), [
    { cluster: CLUSTER },
    { apiVersion: 'v1alpha1', kind: 'LinkAliasConfig', name: 'net0', selector: { match } },
    { ...VIP, link: 'net0' },
  ]);
  t.end();
});

await t.test('C: nothing of the cluster in the v1alpha1 document', (t) => {
  const server = { apiVersion: 'v1alpha1', kind: 'KubeAPIServerConfig', certExtraSANs: SANS };
  t.strictSame(patchOf(0, 'C'), [KUBE, server, { ...VIP, link: 'end0' }]);
  t.end();
});

await t.test('a worker gets the endpoint and nothing else', (t) => {
  for (const dialect of ['A', 'B'] as const) {
    t.strictSame(patchOf(2, dialect), [{ cluster: { controlPlane: { endpoint: URL } } }]);
  }
  t.strictSame(patchOf(2, 'C'), [KUBE]);
  t.end();
});

await t.test(
  'two VIPs are two documents with a warning, and nothing that a legacy form says',
  (t) => {
    const dual = GOOD.replace('10.4.0.9]', "10.4.0.9, 'fd00::9']");
    t.match(patchOf(0, 'B', dual).slice(1), [{ name: '10.4.0.9' }, { name: 'fd00::9' }]);
    t.throws(() => patchOf(0, 'A', dual), /one VIP, not 10\.4\.0\.9 and fd00::9/);
    t.match(
      renderWarnings(source('B', dual)).join('\n'),
      /2 control planes.*\n.*no unsolicited NA/,
    );
    t.end();
  },
);

await t.test('a node without a link is refused', (t) => {
  t.throws(() => patchOf(0, 'B', GOOD.replace(', link: end0', '')), /node a has no link/);
  t.end();
});

await t.test('VLANs are named as Talos names them', (t) => {
  t.equal(vlanLinkName('end0', 100), 'end0.100');
  t.equal(vlanLinkName('enx78e7d1ea46da', 100), 'enx7f8ca75.100');
  const vlan = GOOD.replace('link: end0', 'link: end0, vlan: 7');
  t.match(patchOf(0, 'B', vlan)[1], { link: 'end0.7' });
  t.match(patchOf(0, 'A', vlan), [
    {
      machine: {
        network: {
          interfaces: [{ interface: 'end0', vlans: [{ vlanId: 7, vip: { ip: '10.4.0.9' } }] }],
        },
      },
    },
  ]);
  t.end();
});

await t.test(
  "the operator's patches come after the VIP's: all, role, machine, command line",
  async (t) => {
    const text = GOOD.replace('name: w,', "name: w, patches: ['c: 1'],");
    const own = `${text}patches: {all: ['a: 1'], worker: ['b: 1']}\n`;
    const files = await renderPatches(source('B', own), [{ text: 'd: 1' }]);
    const ofWorker = files.filter(({ name }) => name.startsWith('w-'));
    t.same(
      ofWorker.map(({ name }) => name.slice(2, 4)),
      ['00', '01', '02', '03', '04'],
    );
    t.same(
      ofWorker.slice(1).map(({ text }) => text),
      ['a: 1\n', 'b: 1\n', 'c: 1\n', 'd: 1\n'],
    );
    t.strictSame(await renderPatches(source('B', own), [{ text: 'd: 1' }]), files);
  },
);
