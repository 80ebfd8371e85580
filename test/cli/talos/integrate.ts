import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { main } from '../../../src/cli/main.ts';

// Made up for this test: secrets of no cluster.
const base = (type: string): string => `# generated
version: v1alpha1
machine:
    type: ${type}
    token: test0.onlytoken0 # kept
    ca:
        crt: dGVzdC1vbmx5
        key: dGVzdC1vbmx5LWtleQ==
    network:
        interfaces:
            - interface: end0
              dhcp: true
`;
const VIP = 'machine: {network: {interfaces: [{interface: end0, vip: {ip: 10.0.0.9}}]}}\n';
const FILES = {
  'controlplane.yaml': base('controlplane'),
  'worker.yaml': base('worker'),
  'vip.yaml': VIP,
  'own.yaml': 'machine: {kubelet: {extraArgs: {v: "2"}}}\n',
  'disk.yaml': 'machine: {install: {disk: /dev/sda}}\n',
  'steal.yaml': 'machine: {token: other0.token0}\n',
  out: {},
};

async function integrate(dir: string, ...args: string[]) {
  const said = { code: 0, stdout: '', stderr: '' };
  const io = {
    stdout: (text: string) => void (said.stdout += text),
    stderr: (text: string) => void (said.stderr += text),
    env: {},
  };
  const paths = args.map((arg) => arg.replaceAll('@', `${dir}/`));
  said.code = await main(['talos', 'integrate', '--out', join(dir, 'out'), ...paths], io);
  const own = process.exitCode;
  process.exitCode = 0;
  return { ...said, code: said.code || Number(own ?? 0) };
}

const BOTH = ['@controlplane.yaml', '@worker.yaml', '--vip-patch', '@vip.yaml', '-p', '@own.yaml'];

await t.test('control planes get the VIP, workers never, each node its own', async (t) => {
  const dir = t.testdir(FILES);
  const { code, stdout, stderr } = await integrate(
    dir,
    ...BOTH,
    '--node-patch',
    'node-11=@controlplane.yaml=@disk.yaml',
  );
  t.equal(stderr, '');
  t.equal(code, 0);
  t.equal(stdout.match(/secrets unchanged \(sha256 [0-9a-f]{64}\)/g)?.length, 3);
  const read = (name: string): string => readFileSync(join(dir, 'out', name), 'utf8');
  t.match(read('controlplane.yaml'), /vip:\s*\{?\s*ip: 10\.0\.0\.9/);
  t.match(read('controlplane.yaml'), /^# generated\n[^]*token: test0\.onlytoken0 # kept\n/);
  t.notMatch(read('worker.yaml'), /10\.0\.0\.9/);
  t.match(read('worker.yaml'), /v: "2"/);
  t.match(read('node-11.yaml'), /disk: \/dev\/sda/);
  t.notMatch(read('controlplane.yaml'), /sda/);
  t.equal(statSync(join(dir, 'out', 'worker.yaml')).mode & 0o777, 0o600);
  t.match((await integrate(dir, ...BOTH)).stdout, /controlplane\.yaml: as it was/);
  t.equal(readdirSync(join(dir, 'out')).length, 3, 'no backup of what was not changed');
});

await t.test('--diff writes nothing, masks secrets and ends with 5', async (t) => {
  const dir = t.testdir(FILES);
  const first = await integrate(dir, ...BOTH, '--diff');
  t.equal(first.code, 5);
  t.match(first.stdout, /\+ +token: "?\*{6}/);
  t.notMatch(first.stdout, /onlytoken0|dGVzdC1vbmx5LWtleQ/);
  t.same(readdirSync(join(dir, 'out')), []);
  await integrate(dir, ...BOTH);
  t.equal((await integrate(dir, ...BOTH, '--diff')).code, 0);
});

await t.test('what is overwritten is kept beside it, 0600', async (t) => {
  const dir = t.testdir({ ...FILES, out: { 'worker.yaml': 'machine: {type: worker}\n' } });
  const { stdout } = await integrate(dir, '@worker.yaml');
  const backup = /before: (\S+)/.exec(stdout)?.[1] ?? '';
  t.match(backup, /worker\.yaml\.bak-\d{4}-/);
  t.equal(readFileSync(backup, 'utf8'), 'machine: {type: worker}\n');
  t.equal(statSync(backup).mode & 0o777, 0o600);
});

await t.test('refused as a whole: nothing is written', async (t) => {
  const dir = t.testdir(FILES);
  const worker = await integrate(dir, '@controlplane.yaml', '@worker.yaml', '-p', '@vip.yaml');
  t.equal(worker.code, 2);
  t.match(worker.stderr, /worker\.yaml: virtual \(shared\) IP is not allowed on non-controlplane/);
  const secret = await integrate(dir, '@controlplane.yaml', '-p', '@steal.yaml');
  t.equal(secret.code, 1);
  t.match(secret.stderr, /would change secrets of the cluster: \/v1alpha1 machine\.token; nothing/);
  t.notMatch(secret.stderr, /token0/);
  const role = await integrate(dir, '@disk.yaml');
  t.match(role.stderr, /machine\.type is missing/);
  const node = await integrate(dir, '@worker.yaml', '--node-patch', '../x=@worker.yaml=@disk.yaml');
  t.match(node.stderr, /write NODE=INPUT=PATCH/);
  t.same(readdirSync(join(dir, 'out')), []);
});
