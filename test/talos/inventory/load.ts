import t from 'tap';
import { InventoryError, parseInventory } from '../../../src/talos/inventory/load.ts';
import { inventorySchema } from '../../../src/talos/inventory/schema.ts';
import { writeInventory } from '../../../src/talos/inventory/write.ts';

const GOOD = `name: goldentooth
talosVersion: v1.12.3
kubernetesVersion: v1.34.0
dnsName: cp.k8s.goldentooth.net
endpoint: {mode: talosvip}
vips: [10.4.0.9]
vipLink: end0
network:
  cidr: 10.4.0.0/20
  gateway: 10.4.0.1
  dhcpRange: 10.4.0.100-10.4.0.200
nodes:
  - {name: allyrion, role: controlplane, address: 10.4.0.10, dhcp: true}
  - {name: bettley, role: controlplane, address: 10.4.0.11, mac: 00-1A-2B-3C-4D-5E}
  - {name: dalt, role: worker, address: 10.4.0.13, patches: ['@disk.yaml']}
`;

function refusalOf(text: string): string {
  try {
    parseInventory(text, '/c/cluster.yaml');
  } catch (error) {
    if (error instanceof InventoryError) return error.message;
    throw error;
  }
  return 'accepted';
}

await t.test('what is written is read, defaults are filled in, patches are beside it', (t) => {
  const inventory = parseInventory(GOOD, '/c/cluster.yaml');
  t.same(inventory.talosVersion, { major: 1, minor: 12, patch: 3 });
  t.equal(inventory.machines[1]?.mac, '00:1a:2b:3c:4d:5e');
  t.same(inventory.machines[2]?.patches, [{ file: '/c/disk.yaml' }]);
  t.same(inventory.network.podCidrs, []);
  t.notOk('dhcp' in (inventory.machines[1] ?? {}), 'not known is not false');
  t.end();
});

await t.test('an inventory written and read again is the same', (t) => {
  const inventory = parseInventory(GOOD, '/c/cluster.yaml');
  const text = writeInventory(inventory);
  t.same(parseInventory(text, '/elsewhere/x.yaml'), inventory);
  t.equal(writeInventory(parseInventory(text, '/x.yaml')), text);
  t.end();
});

await t.test('what is wrong is named with line, column, field, value and remedy', (t) => {
  const cases: [string, string, RegExp][] = [
    ['role: worker', 'role: wroker', /yaml:15:24 nodes\[2\]\.role = "wroker": is not allowed; use/],
    ['10.4.0.9]', '10.4.0.9/24]', /vips\[0\] = "10\.4\.0\.9\/24": has a prefix; write 10\.4\.0\.9/],
    ['10.4.0.9]', '10.4.0.300]', /yaml:6:8 vips\[0\] = "10\.4\.0\.300": .*not an IP address/],
    ['10.4.0.9]', '10.4.0.11]', /nodes\[1\]\.address = "10\.4\.0\.11": is a VIP/],
    ['10.4.0.9]', '10.4.0.9, 10.4.0.8]', /vips\[1\].*same family as the first/],
    ['bettley', 'allyrion', /nodes\[1\]\.name = "allyrion": is that of nodes\[0\] as well/],
    ['vipLink', 'vipLnk', /vipLnk: is no field of the configuration; did you mean vipLink\?/],
    ['mode: talosvip', 'mode: none', /vips: is not used by the mode none/],
    ['mode: talosvip', 'mode: custom', /endpoint\.custom: is missing/],
    ['v1.12.3', 'v2.0', /talosVersion = "v2\.0": is no version of Talos/],
    ['00-1A', '01-1A', /mac = "01-1A-2B-3C-4D-5E": is no MAC address of one machine/],
    ['name: goldentooth', 'name: [', /is no YAML/],
    ['10.4.0.100-', '10.4.0.100-fd00::1 #', /dhcpRange.*different families/],
  ];
  for (const [good, bad, message] of cases) {
    t.match(refusalOf(GOOD.replace(good, bad)), message, bad);
  }
  t.match(refusalOf(''), /yaml name: is no text|name/);
  t.match(refusalOf(GOOD.replaceAll('role: controlplane', 'role: worker')), /no control plane/);
  t.end();
});

await t.test('the JSON schema names every field', (t) => {
  const text = JSON.stringify(inventorySchema());
  for (const name of ['talosVersion', 'dhcpRange', 'vipLink', 'loadBalancerIps', 'mac']) {
    t.match(text, `"${name}"`);
  }
  t.end();
});
