// docs/security.md, on a real etcd with users: its commands give a certificate the daemon's keys and nothing
// else, all that the daemon does works with them, and certificates are renewed while it holds.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { CertificateAuthority, type PemFiles } from '../fixtures/certificates.ts';
import {
  has,
  makeHosts,
  ramDirectory,
  releasedRecord,
  startDaemon,
  startEtcd,
  VIP,
} from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import { run, until } from '../fixtures/program.ts';

const SECURITY = fileURLToPath(new URL('../../docs/security.md', import.meta.url));
const SERVER = { names: 'IP:10.77.1.254' };
/** What must not be possible with the daemon's certificate, and what etcd may say to it. */
const FORBIDDEN = [
  ['get', '/registry/secrets/kube-system/x'],
  ['get', '--prefix', ''],
  ['get', '/vip-elector'],
  ['put', '/registry/a', 'b'],
  ['put', '/vip-elector0', 'b'],
  ['del', '--prefix', '/registry'],
  ['user', 'list'],
  ['user', 'add', 'x:y'],
  ['role', 'grant-permission', 'vip-elector', 'readwrite', '/registry'],
  ['auth', 'disable'],
  ['member', 'add', 'x', '--peer-urls=http://10.77.1.9:2380'],
  ['defrag'],
  ['snapshot', 'save', '/run/stolen'],
];

/** The commands of etcdctl in the document, in their order. */
function documented(): string[][] {
  const [, section = ''] = readFileSync(SECURITY, 'utf8').split('<!-- tested: users of etcd -->');
  return [...section.split('<!-- end -->')[0]!.matchAll(/^ {4}etcdctl (.+)$/gm)].map(
    ([, args = '']) => args.split(' '),
  );
}

await inNamespace(t, import.meta.url, async () => {
  const dir = ramDirectory(t, 'rights');
  const ca = new CertificateAuthority(dir, 'ca');
  const tls = { ...ca.issue('server', SERVER), caFile: ca.caFile, clientCertAuth: true };
  const root = ca.issue('root');
  const own = ca.issue('vip-elector');
  const renewed = ca.issue('renewed');
  const [h1] = makeHosts(t, 1);
  const { endpoint } = await startEtcd(t, { tls });

  const as = ({ certFile, keyFile }: PemFiles, args: readonly string[]) => {
    const files = [`--cacert=${ca.caFile}`, `--cert=${certFile}`, `--key=${keyFile}`];
    const env = { PATH: process.env['PATH'], ETCDCTL_API: '3' };
    return spawnSync('etcdctl', [`--endpoints=${endpoint}`, ...files, ...args], {
      encoding: 'utf8',
      env,
    });
  };
  const must = (args: readonly string[]): void => {
    const { status, stderr } = as(root, args);
    if (status !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}`);
  };
  const commands = documented();
  t.ok(commands.length >= 6, 'the document has its commands');
  for (const command of commands) must(command);
  must(['user', 'add', 'renewed', '--no-password']);
  must(['user', 'grant-role', 'renewed', 'vip-elector']);
  must(['put', '/registry/secrets/kube-system/x', 'secret']);
  must(['put', '/vip-elector/holders/default', releasedRecord('default')]);

  await t.test('everything else is refused', (t) => {
    for (const args of FORBIDDEN) {
      const { status, stderr, stdout } = as(own, args);
      t.not(status, 0, args.join(' '));
      t.match(stderr, /permission denied/);
      t.notMatch(stdout, 'secret');
    }
    t.end();
  });

  const files = join(dir, 'in-use');
  mkdirSync(files);
  /** As a tool that renews does it: each file whole, one after the other. */
  const install = ({ certFile, keyFile }: PemFiles): void => {
    for (const [from, to] of [
      [certFile, 'client.crt'],
      [keyFile, 'client.key'],
    ] as const) {
      copyFileSync(from, join(files, `${to}.new`));
      renameSync(join(files, `${to}.new`), join(files, to));
    }
  };
  install(own);
  const access = ['--etcd', endpoint, '--etcd-ca', ca.caFile];
  access.push('--etcd-cert', join(files, 'client.crt'), '--etcd-key', join(files, 'client.key'));
  const args = ['--vip', VIP, '--link', 'h1', ...access.slice(2)];
  const daemon = startDaemon(t, h1, { endpoint, runtimeDir: ramDirectory(t, 'h1'), args });

  await t.test('the daemon has what it needs', async (t) => {
    await daemon.said({ msg: 'transition', to: 'leading' });
    t.ok(has(h1, VIP));
    const status = await run(['status', '--json', ...access]);
    t.equal(status.code, 0, status.stderr);
    t.match(status.stdout, '"h1"');
    const denied = daemon.all({ code: 'PERMISSION_DENIED' });
    t.equal(denied.length, 1, 'but for the look whether Talos manages the address');
  });

  const beats = (): number => versionOf(as(root, ['get', '-w', 'json', '/vip-elector/nodes/h1']));
  await t.test('renewed certificates are taken while it holds', async (t) => {
    // A certificate without its key stays unused.
    copyFileSync(renewed.certFile, join(files, 'client.crt.new'));
    renameSync(join(files, 'client.crt.new'), join(files, 'client.crt'));
    const refused = await daemon.said({ msg: /new certificates for etcd are not usable/ });
    t.match(refused['err'], /certificates for etcd are not usable/);
    install(renewed);
    await daemon.said({ msg: 'certificates for etcd renewed' });
    // From now on etcd knows nobody of the old name: only the new certificate can beat.
    must(['user', 'delete', 'vip-elector']);
    const before = beats();
    await until('the daemon has beaten on', () => beats() > before + 4 || undefined);
    t.ok(has(h1, VIP), 'it holds still');
    t.equal(daemon.lines.filter((line) => line['to'] === 'withdrawing').length, 0);
    t.equal(daemon.all({ code: 'PERMISSION_DENIED' }).length, 1, 'the one from the start');
    t.strictSame(daemon.all({ msg: 'heartbeat failed' }), []);
  });

  await t.test('no secret is in the log or in what it serves', async (t) => {
    const keys = [own, renewed].map(({ keyFile }) =>
      readFileSync(keyFile, 'utf8').split('\n')[1]!.slice(0, 40),
    );
    const served = ['/status', '/metrics'].map((path) =>
      execFileSync('curl', ['-s', `http://${h1.address}:2112${path}`], { encoding: 'utf8' }),
    );
    for (const text of [JSON.stringify(daemon.lines), daemon.stderr, ...served]) {
      for (const key of keys) t.notOk(text.includes(key));
      t.notMatch(text, /PRIVATE KEY/);
    }
    t.strictSame(await daemon.stop(), { code: 0, signal: null }, 'and it can release');
    const record = as(root, ['get', '--print-value-only', '/vip-elector/holders/default']).stdout;
    t.match(JSON.parse(record), { state: 'released' });
  });
});

/** How often a key has been written since it was made. */
function versionOf({ stdout }: { readonly stdout: string }): number {
  return (JSON.parse(stdout) as { kvs: [{ version: number }] }).kvs[0].version;
}
