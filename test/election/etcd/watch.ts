import t from 'tap';
import { systemClock } from '../../../src/clock.ts';
import type { EtcdStore } from '../../../src/election/etcd.ts';
import type { WatchRequest } from '../../../src/election/store.ts';
import { startCluster } from '../../../src/lab/etcd.ts';
import { etcdctl, openStore, txn, WatchLog, within } from '../../fixtures/etcd-store.ts';

const put = async (store: EtcdStore, key: string, value = '', ms = 5_000): Promise<number> =>
  (await store.txn(txn({ success: [{ op: 'put', key, value }] }), within(ms))).header.revision;

const putEvent = (key: string, value: string, revision: number): object => ({
  type: 'put',
  kv: { key, value, createRevision: revision, modRevision: revision, lease: '0' },
});

const fail = (): never => {
  throw new Error('callback failed');
};

const request = (prefixes: string[], rest: Partial<WatchRequest> = {}): WatchRequest => ({
  prefixes,
  onEvents: () => undefined,
  signal: new AbortController().signal,
  ...rest,
});

await t.test('with a single member', async (t) => {
  const cluster = await startCluster({ size: 1, dir: t.testdir() });
  t.teardown(() => cluster.stop());
  const [endpoint = ''] = cluster.endpoints;

  await t.test('events of several prefixes arrive on one stream, from the revision', async (t) => {
    const { store } = openStore(t, cluster.endpoints);
    const log = new WatchLog();
    const aborter = new AbortController();
    const fromRevision = await put(store, 'w/a', '1');
    await put(store, 'elsewhere');
    const ended = store.watch(
      request(['w/', 'v/'], { fromRevision, onEvents: log.onEvents, signal: aborter.signal }),
    );
    await log.wait(1);
    const second = await put(store, 'v/b', '2');
    await log.wait(2);
    const third = await store.txn(txn({ success: [{ op: 'delete', key: 'w/a' }] }), within());
    const events = await log.wait(3);
    const deleted = { key: 'w/a', value: '', createRevision: 0 };
    t.strictSame(events, [
      putEvent('w/a', '1', fromRevision),
      putEvent('v/b', '2', second),
      { type: 'delete', kv: { ...deleted, modRevision: third.header.revision, lease: '0' } },
    ]);
    aborter.abort();
    await t.resolves(ended);
  });

  await t.test('with new credentials it ends, as no failure, and the next is good', async (t) => {
    const { store, log } = openStore(t, cluster.endpoints);
    const seen = new WatchLog();
    const aborter = new AbortController();
    const watching = { onEvents: seen.onEvents, signal: aborter.signal };
    const ended = store.watch(request(['r/'], watching));
    await put(store, 'r/a');
    await seen.wait(1);
    store.renew({});
    await t.rejects(ended, { code: 'CANCELLED', message: /the credentials were renewed/ });
    t.strictSame(log.endpointStates(), ['reachable'], 'nobody is told of a failure');
    const again = store.watch(request(['r/'], watching));
    // It may be open only after the first write.
    while (seen.events.length < 2) await put(store, 'r/b');
    aborter.abort();
    await t.resolves(again);
  });

  await t.test('a watch from compacted history rejects with COMPACTED', async (t) => {
    const { store, log } = openStore(t, cluster.endpoints);
    await put(store, 'w/a');
    const revision = await put(store, 'w/a');
    etcdctl(endpoint, 'compact', String(revision));
    await t.rejects(store.watch(request(['w/'], { fromRevision: 1 })), {
      name: 'StoreError',
      code: 'COMPACTED',
      endpoint,
    });
    t.notOk(log.events.some((event) => event.type === 'endpoint' && !event.reachable));
    await put(store, 'w/a');
  });

  await t.test('an error in the callback breaks the watch and nothing else', async (t) => {
    const { store } = openStore(t, cluster.endpoints);
    const fromRevision = await put(store, 'w/a');
    await t.rejects(store.watch(request(['w/'], { fromRevision, onEvents: fail })), {
      code: 'UNKNOWN',
      message: 'callback failed',
    });
    await put(store, 'w/a');
  });

  await t.test(
    'a watch on a member that freezes breaks with the first unanswered call',
    async (t) => {
      const { store } = openStore(t, [endpoint, 'http://127.0.0.1:9']);
      const log = new WatchLog();
      const fromRevision = await put(store, 'w/a');
      const ended = store.watch(request(['w/'], { fromRevision, onEvents: log.onEvents }));
      await log.wait(1);
      cluster.members[0]?.freeze();
      t.teardown(() => cluster.members[0]?.thaw());
      await t.rejects(store.txn(txn({}), within(300)), { code: 'DEADLINE_EXCEEDED' });
      await t.rejects(ended, { code: 'UNAVAILABLE', message: 'no answer within 300 ms' });
    },
  );

  await t.test('a watch breaks when its member is killed', async (t) => {
    const { store } = openStore(t, cluster.endpoints);
    const log = new WatchLog();
    const fromRevision = await put(store, 'w/a');
    const ended = store.watch(request(['w/'], { fromRevision, onEvents: log.onEvents }));
    await log.wait(1);
    const broken = t.rejects(ended, { code: 'UNAVAILABLE' });
    await cluster.members[0]?.crash();
    await broken;
  });
});

await t.test('with three members', async (t) => {
  const cluster = await startCluster({ size: 3, dir: t.testdir() });
  t.teardown(() => cluster.stop());
  const [first, second, third] = cluster.members;

  await t.test('a watch on a silent member breaks once calls move elsewhere', async (t) => {
    const { store } = openStore(t, cluster.endpoints);
    const log = new WatchLog();
    const fromRevision = await put(store, 'w/a');
    const ended = store.watch(request(['w/'], { fromRevision, onEvents: log.onEvents }));
    await log.wait(1);
    first?.freeze();
    t.teardown(() => first?.thaw());
    const hanging = store.txn(txn({}), within(60_000));
    await systemClock.sleep(300);
    // Elsewhere, and more than once should etcd have to elect a new leader first.
    const elsewhere = async (): Promise<void> => {
      await put(store, 'w/b', '', 500).catch(elsewhere);
    };
    // If the frozen one led etcd, the probe of it may end sooner than calls succeed elsewhere.
    const message = /silent while others|no answer within/;
    const broken = t.rejects(ended, { code: 'UNAVAILABLE', message });
    await elsewhere();
    await broken;
    first?.thaw();
    await hanging;
  });

  await t.test('a member without a quorum ends the watch', async (t) => {
    const { store } = openStore(t, [third?.clientUrl ?? '']);
    const log = new WatchLog();
    const fromRevision = await put(store, 'w/a');
    const ended = store.watch(request(['w/'], { fromRevision, onEvents: log.onEvents }));
    await log.wait(1);
    first?.freeze();
    second?.freeze();
    t.teardown(() => {
      first?.thaw();
      second?.thaw();
    });
    await t.rejects(ended, { code: 'UNAVAILABLE', message: 'no leader' });
  });
});
