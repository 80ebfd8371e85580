// What a real etcd lets us do, and that trying it changes nothing.
import { AlarmAction, AlarmType, Etcd3 } from 'etcd3';
import t from 'tap';
import { tryEtcd, type TrialParts, type TrialSeen } from '../../src/check/etcd-trial.ts';
import { systemClock } from '../../src/clock.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { etcdctl } from '../fixtures/etcd-store.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir({}) });
t.teardown(() => cluster.stop());
const [endpoint = ''] = cluster.endpoints;

function trial(over: Partial<TrialParts> = {}): Promise<TrialSeen> {
  return tryEtcd(endpoint, {
    credentials: {},
    clock: systemClock,
    prefix: '/vip-elector',
    places: ['/vip-elector/check'],
    signal: new AbortController().signal,
    ...over,
  });
}

function revision(): number {
  const text = etcdctl(endpoint, 'get', '', '--prefix', '--write-out=json');
  return (JSON.parse(text) as { header: { revision: number } }).header.revision;
}

await t.test('writes are timed, and none is left', async (t) => {
  etcdctl(endpoint, 'put', '/other', 'x');
  const before = revision();
  const seen = await trial();
  t.match(seen, { forbidden: [], more: 'all-users', alarms: [], keptSince: 1, revision: before });
  t.equal((seen.writes as number[]).length, 5);
  for (const ms of seen.writes as number[]) t.ok(ms > 0 && ms < 2000, `${ms} ms`);
  t.ok((seen.dbBytes ?? 0) > 0);
  t.equal(revision(), before);
  t.equal(etcdctl(endpoint, 'get', '/vip-elector/', '--prefix'), '');
});

await t.test('what is compacted is not kept', async (t) => {
  etcdctl(endpoint, 'put', '/other', 'y');
  etcdctl(endpoint, 'compact', String(revision()));
  t.equal((await trial()).keptSince, undefined);
});

await t.test('an alarm is told', async (t) => {
  const client = new Etcd3({ hosts: endpoint });
  t.teardown(() => client.close());
  const status = await client.maintenance.status();
  const alarm = { memberID: status.header.member_id, alarm: AlarmType.Nospace };
  await client.maintenance.alarm({ ...alarm, action: AlarmAction.Activate });
  t.strictSame((await trial()).alarms, ['NOSPACE']);
  await client.maintenance.alarm({ ...alarm, action: AlarmAction.Deactivate });
});

await t.test('with users: exactly what the role gives', async (t) => {
  for (const args of [
    ['user', 'add', 'root:root'],
    ['user', 'grant-role', 'root', 'root'],
    ['role', 'add', 'elector'],
    ['role', 'grant-permission', 'elector', 'readwrite', '--prefix=true', '/vip-elector/'],
    ['user', 'add', 'elector:a'],
    ['user', 'grant-role', 'elector', 'elector'],
    ['auth', 'enable'],
  ]) {
    etcdctl(endpoint, ...args);
  }
  const login = { user: 'elector', password: 'a' };
  const places = ['/vip-elector/check', '/elsewhere/check'];
  const seen = await trial({ login, places });
  t.strictSame(seen.forbidden, ['/elsewhere/check']);
  t.equal(seen.more, undefined);
  t.equal((seen.writes as number[]).length, 5);
  const root = await trial({ login: { user: 'root', password: 'root' }, places });
  t.strictSame(root.forbidden, []);
  t.equal(root.more, 'all-users');
});
