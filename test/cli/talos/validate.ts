import { join } from 'node:path';
import t from 'tap';
import { talos } from '../../fixtures/talos-command.ts';

const ENDPOINT = 'cluster: {controlPlane: {endpoint: "https://10.0.0.9:6443"}}\n';
const layer2 = 'apiVersion: v1alpha1\nkind: Layer2VIPConfig\nname: 10.0.0.9\nlink: end0\n';
const FILES = {
  'good.yaml': `machine: {type: controlplane}\n${ENDPOINT}---\n${layer2}`,
  'bad.yaml': `machine: {type: worker}\n${ENDPOINT}---\n${layer2}`,
  'eth0.yaml': `machine: {type: controlplane}\n${ENDPOINT}---\n${layer2.replace('end0', 'eth0')}`,
  'cluster.yaml': `name: c
endpoint: {mode: talosvip}
vips: [10.0.0.9]
network: {cidr: 10.1.0.0/24}
nodes:
  - {name: a, role: controlplane, address: 10.1.0.1, link: end0}
  - {name: b, role: controlplane, address: 10.1.0.2, link: end0}
`,
};

await t.test('says what is wrong, with its place, and ends with 3', async (t) => {
  const dir = t.testdir(FILES);
  const { code, stdout, stderr } = await talos(dir, 'validate', '@good.yaml', '@bad.yaml');
  t.equal(code, 3);
  t.equal(stderr, '');
  t.match(stdout, /^fail L2 .*bad\.yaml:4:1: VIP 10\.0\.0\.9 on a worker.*\n +remedy: keep it/);
  t.match(stdout, /\n2 files: 1 fail, 0 warn\n$/);
  const good = await talos(dir, 'validate', '@good.yaml');
  t.same(good, { code: 0, stdout: '1 file: 0 fail, 0 warn\n', stderr: '' });
});

await t.test('--json, --strict, --inventory and the flags', async (t) => {
  const dir = t.testdir(FILES);
  const { code, stdout } = await talos(dir, 'validate', '@eth0.yaml', '--json');
  t.equal(code, 0, 'a warning does not fail');
  const file = join(dir, 'eth0.yaml');
  t.match(JSON.parse(stdout), [{ file, place: `${file}:4:1`, rule: 'L2', level: 'warn' }]);
  t.equal((await talos(dir, 'validate', '@eth0.yaml', '--strict')).code, 3);
  const known = await talos(dir, 'validate', '@good.yaml', '--inventory', '@cluster.yaml');
  t.match(known.stdout, /^fail L1 .*not in the network of its link, 10\.1\.0\.0\/24/);
  t.match(known.stdout, /\nfail L5 .*cluster\.yaml: 2 control planes/);
  const flags = [
    '--cidr',
    '10.0.0.0/24',
    '--dhcp-range',
    '10.0.0.1-10.0.0.50',
    '--taken',
    '10.0.0.9',
  ];
  const given = await talos(dir, 'validate', '@good.yaml', '--talos-version', 'v1.11', ...flags);
  t.match(given.stdout, /address of another[^]*that DHCP leases[^]*knows no Layer2VIPConfig/);
});

await t.test('wrong usage ends with 2', async (t) => {
  const dir = t.testdir(FILES);
  const range = await talos(dir, 'validate', '@good.yaml', '--dhcp-range', '10.0.0.1');
  t.equal(range.code, 2);
  t.match(range.stderr, /--dhcp-range = "10\.0\.0\.1": is no range of addresses; write one like/);
  const none = await talos(dir, 'validate', '@none.yaml');
  t.equal(none.code, 2);
  t.match(none.stderr, /cannot read .*none\.yaml/);
});
