import t from 'tap';
import { parse } from 'yaml';
import { parseInventory } from '../../../src/talos/inventory/load.ts';
import { writeInventory } from '../../../src/talos/inventory/write.ts';
import type { PoolChange } from '../../../src/talos/shared-ip/pool.ts';
import { changeSharedIp, renderSharedIp } from '../../../src/talos/shared-ip/resource.ts';

const INVENTORY = `name: c
endpoint:
  mode: networkconfiguration
  sharedIp:
    namespace: test001
    clusterIdentifier: t-c-1
    datacenterIdentifier: no-west-az1
    supervisorIdentifier: sup-1
    networkNamespaceIdentifier: net-ns
    provider: nam
    environment: prod
nodes:
  - {name: a, role: controlplane, address: 10.0.0.10}
  - {name: b, role: controlplane, address: 'fd00::11', addresses: [10.0.0.11/24]}
  - {name: w, role: worker, address: 10.0.0.20}
`;
const inventory = parseInventory(INVENTORY, 'c.yaml');

await t.test('the resource, as the operator makes it, with the whole pool', (t) => {
  const text = renderSharedIp(inventory);
  t.strictSame(parse(text), {
    apiVersion: 'vitistack.io/v1alpha1',
    kind: 'ControlPlaneVirtualSharedIP',
    metadata: {
      name: 't-c-1',
      namespace: 'test001',
      labels: { 'vitistack.io/clusterid': 't-c-1', 'vitistack.io/node-role': 'control-plane' },
    },
    spec: {
      clusterIdentifier: 't-c-1',
      datacenterIdentifier: 'no-west-az1',
      supervisorIdentifier: 'sup-1',
      networkNamespaceIdentifier: 'net-ns',
      provider: 'nam',
      method: 'first-alive',
      environment: 'prod',
      poolMembers: ['10.0.0.10', '10.0.0.11'],
    },
  });
  t.strictSame(parseInventory(writeInventory(inventory), 'c.yaml'), inventory);
  t.end();
});

const FILE = `# exported
kind: ControlPlaneVirtualSharedIP
spec:
  clusterIdentifier: t-c-1
  poolMembers:
    - 10.0.0.9 # went away
    - 10.0.0.11
`;
const add = (member: string): PoolChange => ({ kind: 'add', member });
const remove = (member: string): PoolChange => ({ kind: 'remove', member });

await t.test('sync: all control planes and no other, the rest of the file as it was', (t) => {
  const synced = changeSharedIp(FILE, 'f', { kind: 'sync' }, inventory);
  const tail = '    - 10.0.0.9 # went away\n    - 10.0.0.11\n';
  t.equal(synced, FILE.replace(tail, '    - 10.0.0.11\n    - 10.0.0.10\n'));
  t.equal(changeSharedIp(synced, 'f', { kind: 'sync' }, inventory), synced);
  const none = FILE.replace(/ {2}poolMembers:[^]*/, '');
  const filled = changeSharedIp(none, 'f', { kind: 'sync' }, inventory);
  t.match(parse(filled), { spec: { poolMembers: ['10.0.0.10', '10.0.0.11'] } });
  t.end();
});

await t.test('add and remove: one member, and never a pool in part', (t) => {
  const added = changeSharedIp(FILE, 'f', add('10.0.0.10'), inventory);
  t.equal(added, `${FILE}    - 10.0.0.10\n`);
  t.equal(changeSharedIp(added, 'f', add('10.0.0.10'), inventory), added);
  t.notMatch(changeSharedIp(added, 'f', remove('10.0.0.9'), inventory), /10\.0\.0\.9/);
  const cases: [string, PoolChange, RegExp][] = [
    [FILE, add('10.0.0.20'), /10\.0\.0\.20 is no control plane of the inventory; write it there/],
    [FILE, add('10.0.0.11'), /the pool would lack 10\.0\.0\.10; sync puts all of them in/],
    [FILE, remove('10.0.0.9'), /the pool would lack 10\.0\.0\.10/],
    [added, remove('10.0.0.10'), /is a control plane of the inventory; take it out there first/],
    [added, remove('10.0.0.8'), /10\.0\.0\.8 is not in the pool; it has 10\.0\.0\.9/],
    [FILE.replace('t-c-1', 't-d'), { kind: 'sync' }, /"t-d", but the inventory is of "t-c-1"/],
    [FILE.replace('kind: Con', 'kind: Don'), { kind: 'sync' }, /is not the one ControlPlane/],
    [`${FILE}---\n${FILE}`, { kind: 'sync' }, /is not the one/],
    [FILE.replace('10.0.0.9', 'x'), { kind: 'sync' }, /"x", which is no IPv4 address/],
  ];
  for (const [text, change, message] of cases) {
    t.throws(() => changeSharedIp(text, 'f', change, inventory), { message, exitCode: 2 });
  }
  t.end();
});

await t.test('one control plane without IPv4: nothing at all', (t) => {
  const six = parseInventory(INVENTORY.replace(', addresses: [10.0.0.11/24]', ''), 'c.yaml');
  t.throws(() => renderSharedIp(six), /no IPv4 address is known of b: a pool is never changed in/);
  t.throws(() => changeSharedIp(FILE, 'f', { kind: 'sync' }, six), /of b: a pool is never/);
  t.end();
});

await t.test('what is not known, and identifiers that the resource would refuse', (t) => {
  const none = parseInventory(INVENTORY.replace(/ {2}sharedIp:[^]*nodes:/, 'nodes:'), 'c.yaml');
  t.throws(() => renderSharedIp(none), /write namespace and identifiers under endpoint\.sharedIp/);
  for (const [good, bad] of [
    ['net-ns', 'ns'],
    ['t-c-1', 'T_1'],
    ['provider: nam', 'provider: "a b"'],
  ] as const) {
    t.throws(
      () => parseInventory(INVENTORY.replace(good, bad), 'c.yaml'),
      /is no identifier; write/,
    );
  }
  t.end();
});
