// A real etcd, looked at endpoint by endpoint.
import t from 'tap';
import { systemClock } from '../../../src/clock.ts';
import { inspect, type InspectionParts } from '../../../src/election/etcd/inspection.ts';
import { startCluster } from '../../../src/lab/etcd.ts';
import { etcdctl } from '../../fixtures/etcd-store.ts';

const PARTS = { credentials: {}, clock: systemClock, prefix: '/vip-elector' };
const parts = (over: Partial<InspectionParts> = {}): InspectionParts => ({
  ...PARTS,
  signal: new AbortController().signal,
  ...over,
});

const cluster = await startCluster({ size: 2, dir: t.testdir({}) });
t.teardown(() => cluster.stop());
const [one = '', other = ''] = cluster.endpoints;

await t.test('an endpoint tells latency, version and how many members vote', async (t) => {
  const before = etcdctl(one, 'get', '', '--prefix', '--write-out=json');
  const found = await inspect(one, parts());
  t.match(found, { version: /^3\.\d+\.\d+/, voters: 2, clusterId: /^\d+$/ });
  t.ok(found.latencyMs > 0 && found.latencyMs < 2000, `${found.latencyMs} ms`);
  t.equal((await inspect(other, parts())).clusterId, found.clusterId);
  const { header } = JSON.parse(before) as { header: { revision: number } };
  const after = JSON.parse(etcdctl(one, 'get', '', '--prefix', '--write-out=json')) as {
    header: { revision: number };
  };
  t.equal(after.header.revision, header.revision, 'nothing was written');
});

await t.test('one that is not there, and one that may take as long as it likes', async (t) => {
  await t.rejects(inspect('http://127.0.0.1:1', parts()), {
    name: 'StoreError',
    code: 'UNAVAILABLE',
    message: 'connection refused',
  });
  // Half of a cluster of two: its members answer, and serve no linearizable read.
  cluster.members[1]?.freeze();
  t.teardown(() => cluster.members[1]?.thaw());
  const begun = performance.now();
  await t.rejects(inspect(one, parts()), { name: 'StoreError' });
  t.ok(performance.now() - begun < 6500, 'in its time');
  const stop = new AbortController();
  const asked = inspect(one, parts({ signal: stop.signal }));
  stop.abort(new Error('enough'));
  await t.rejects(asked, { name: 'StoreError', code: 'CANCELLED' });
});

await t.test('with authentication: who may not read our keys is refused', async (t) => {
  cluster.members[1]?.thaw();
  const password = 'a';
  for (const args of [
    ['user', 'add', 'root:root'],
    ['user', 'grant-role', 'root', 'root'],
    ['role', 'add', 'elector'],
    ['role', 'grant-permission', 'elector', 'readwrite', '--prefix=true', '/vip-elector/'],
    ['user', 'add', `elector:${password}`],
    ['user', 'grant-role', 'elector', 'elector'],
    ['auth', 'enable'],
  ]) {
    etcdctl(one, ...args);
  }
  const login = { user: 'elector', password };
  t.match(await inspect(one, parts({ login })), { clusterId: /^\d+$/ });
  await t.rejects(inspect(one, parts({ login, prefix: '/other' })), { code: 'PERMISSION_DENIED' });
  await t.rejects(inspect(one, parts()), { code: 'UNAUTHENTICATED' });
  const wrong = { user: 'elector', password: 'b' };
  await t.rejects(inspect(one, parts({ login: wrong })), { code: 'UNAUTHENTICATED' });
});
