import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { talos } from '../../fixtures/talos-command.ts';

const CONFIG = `machine:
    type: controlplane
    token: test0.onlytoken0
    network:
        interfaces:
            - {interface: end0, dhcp: true, vip: {ip: 10.0.0.9}}
cluster: {clusterName: c, controlPlane: {endpoint: "https://10.0.0.9:6443"}}
`;
const WORKER = `machine: {type: worker}
cluster: {clusterName: c, controlPlane: {endpoint: "https://10.0.0.9:6443"}}
`;

await t.test('--diff masks and ends with 5; written 0600; what comes of it is valid', async (t) => {
  const dir = t.testdir({ 'a.yaml': CONFIG, 'w.yaml': WORKER, out: {} });
  const both = ['convert', '@a.yaml', '@w.yaml', '--to', 'v1.14', '--out', '@out'];
  const shown = await talos(dir, ...both, '--diff');
  t.equal(shown.code, 5);
  t.match(shown.stdout, /^\+kind: Layer2VIPConfig$/m);
  t.notMatch(shown.stdout, /onlytoken0/);
  t.same(readdirSync(join(dir, 'out')), []);
  const { code, stdout, stderr } = await talos(dir, ...both);
  t.equal(code, 0, stderr);
  t.match(stdout, /a\.yaml: written; secrets unchanged \(sha256 [0-9a-f]{64}\)/);
  t.equal(statSync(join(dir, 'out', 'a.yaml')).mode & 0o777, 0o600);
  t.match(readFileSync(join(dir, 'out', 'w.yaml'), 'utf8'), /kind: KubeClusterConfig/);
  t.equal((await talos(dir, ...both, '--diff')).code, 0);
  const valid = await talos(dir, 'validate', '@out/a.yaml', '@out/w.yaml', '--strict');
  t.equal(valid.code, 0, valid.stdout);
});

await t.test('refused: no form, and nothing written', async (t) => {
  const dir = t.testdir({ 'a.yaml': CONFIG, out: {} });
  const { code, stderr } = await talos(dir, 'convert', '@a.yaml', '--to', 'D', '--out', '@out');
  t.equal(code, 2);
  t.match(stderr, /--to = "D": is no form; write A, B or C/);
  const old = await talos(
    dir,
    'convert',
    '@a.yaml',
    '--to',
    'B',
    '--talos-version',
    'v1.11',
    '--out',
    '@out',
  );
  t.match(old.stderr, /a\.yaml: Talos v1\.11 cannot read form B/);
  t.same(readdirSync(join(dir, 'out')), []);
});
