import t from 'tap';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { startCluster } from '../../src/lab/etcd.ts';

const etcdctl = (endpoint: string, ...args: string[]): string =>
  execFileSync('etcdctl', [`--endpoints=${endpoint}`, ...args], {
    env: { ...process.env, ETCDCTL_API: '3' },
    encoding: 'utf8',
  }).trim();

await t.test('three members serve, and nothing runs after stop', async (t) => {
  const cluster = await startCluster({ size: 3, dir: t.testdir() });
  const pids = cluster.members.map((member) => member.pid);
  t.equal(new Set(cluster.endpoints).size, 3);
  t.equal(etcdctl(cluster.endpoints[0] ?? '', 'put', 'a', '1'), 'OK');
  t.equal(etcdctl(cluster.endpoints[2] ?? '', 'get', '--print-value-only', 'a'), '1');
  await cluster.stop();
  await cluster.stop();
  for (const pid of pids) t.notOk(existsSync(`/proc/${pid}`));
});

await t.test('a frozen member is stopped and a thawed one answers again', async (t) => {
  await using cluster = await startCluster({ size: 1, dir: t.testdir() });
  const [member] = cluster.members;
  if (!member) throw new Error('no member');
  member.freeze();
  t.throws(() => etcdctl(member.clientUrl, '--command-timeout=300ms', 'get', 'a'));
  member.thaw();
  t.equal(etcdctl(member.clientUrl, 'put', 'a', '1'), 'OK');
});

await t.test('a crashed member keeps its data over a restart', async (t) => {
  await using cluster = await startCluster({ size: 1, dir: t.testdir() });
  const [member] = cluster.members;
  if (!member) throw new Error('no member');
  etcdctl(member.clientUrl, 'put', 'a', '1');
  await member.crash();
  t.equal(member.pid, undefined);
  t.equal(member.kill('SIGTERM'), false);
  await member.start();
  t.equal(etcdctl(member.clientUrl, 'get', '--print-value-only', 'a'), '1');
});

await t.test('a frozen member is stopped all the same', async (t) => {
  await using cluster = await startCluster({ size: 1, dir: t.testdir() });
  const pid = cluster.members[0]?.pid;
  cluster.members[0]?.freeze();
  await cluster.stop();
  t.notOk(existsSync(`/proc/${pid}`));
});

await t.test('a member that ends at once is an error with the end of its log', async (t) => {
  const server = createServer();
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await t.rejects(startCluster({ size: 1, dir: t.testdir(), clientPort: () => port }), {
    name: 'OperatorError',
    message: /etcd e0 ended early:[^]*address already in use/,
  });
});

await t.test('a missing etcd is named with its package', async (t) => {
  const path = process.env['PATH'];
  t.teardown(() => {
    process.env['PATH'] = path;
  });
  process.env['PATH'] = t.testdir();
  await t.rejects(startCluster({ size: 1, dir: t.testdir({ data: {} }) }), {
    name: 'OperatorError',
    message: 'etcd is not installed: install the package etcd-server',
  });
});

await t.test('a member in a network namespace is reached by signals itself', async (t) => {
  if (process.getuid?.() !== 0) {
    t.pass('needs root');
    return;
  }
  const netns = `vetest-${process.pid}`;
  execFileSync('ip', ['netns', 'add', netns]);
  t.teardown(() => execFileSync('ip', ['netns', 'del', netns]));
  execFileSync('ip', ['-n', netns, 'link', 'set', 'lo', 'up']);
  await using cluster = await startCluster({ size: 1, dir: t.testdir(), netns: () => netns });
  const pid = cluster.members[0]?.pid ?? 0;
  t.equal(execFileSync('ip', ['netns', 'identify', `${pid}`], { encoding: 'utf8' }).trim(), netns);
  t.equal(execFileSync('cat', [`/proc/${pid}/comm`], { encoding: 'utf8' }).trim(), 'etcd');
});
