import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { talos } from '../../fixtures/talos-command.ts';

const CONFIG = `machine:
    type: controlplane
    token: test0.onlytoken0
    network:
        interfaces:
            - interface: end0
              dhcp: true
              vip: {ip: 10.0.0.9}
cluster: {controlPlane: {endpoint: "https://lb:6443"}}
`;

await t.test('--diff: masked, exit 5, nothing written', async (t) => {
  const dir = t.testdir({ 'a.yaml': CONFIG, out: {} });
  const { code, stdout } = await talos(dir, 'unset', '@a.yaml', '--out', '@out', '--diff');
  t.equal(code, 5);
  t.match(stdout, /^-.*ip: 10\.0\.0\.9/m);
  t.notMatch(stdout, /onlytoken0/);
  t.notMatch(stdout, /^\+ /m, 'only removed');
  t.same(readdirSync(join(dir, 'out')), []);
});

await t.test('written in place: 0600, with a backup, and nothing more to do', async (t) => {
  const dir = t.testdir({ 'a.yaml': CONFIG });
  const { code, stdout, stderr } = await talos(dir, 'unset', '@a.yaml', '--out', '@');
  t.equal(code, 0, stderr);
  const file = join(dir, 'a.yaml');
  t.match(stdout, /a\.yaml: written; secrets unchanged \(sha256 [0-9a-f]{64}\); before: .*\.bak-/);
  t.match(stderr, /10\.0\.0\.9 taken out of machine\.network\.interfaces\[0\]\.vip/);
  t.notMatch(readFileSync(file, 'utf8'), /vip|10\.0\.0\.9/);
  t.equal(statSync(file).mode & 0o777, 0o600);
  const backup = readdirSync(dir).find((name) => name.includes('.bak-')) ?? '';
  t.equal(readFileSync(join(dir, backup), 'utf8'), CONFIG);
  t.match((await talos(dir, 'unset', '@a.yaml', '--out', '@')).stdout, /as it was/);
  t.equal((await talos(dir, 'unset', '@a.yaml', '--out', '@', '--diff')).code, 0);
});

await t.test('refused as a whole', async (t) => {
  const dir = t.testdir({
    'a.yaml': CONFIG,
    'b.yaml': CONFIG.replace('https://lb', 'https://10.0.0.9'),
    out: {},
  });
  const { code, stderr } = await talos(dir, 'unset', '@a.yaml', '@b.yaml', '--out', '@out');
  t.equal(code, 2);
  t.match(stderr, /b\.yaml:9:\d+: the endpoint https:\/\/10\.0\.0\.9:6443 is the VIP/);
  t.same(readdirSync(join(dir, 'out')), []);
  t.match(
    (await talos(dir, 'unset', '@a.yaml', '--out', '@out', '--vip', 'x')).stderr,
    /--vip = "x"/,
  );
});
