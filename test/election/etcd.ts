import t from 'tap';
import type { Compare } from '../../src/election/store.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { etcdctl, openStore, txn, within } from '../fixtures/etcd-store.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const [endpoint = ''] = cluster.endpoints;
const { store, log } = openStore(t, cluster.endpoints);

const put = async (key: string, value: string, lease?: string): Promise<number> => {
  const operation = { op: 'put', key, value, ...(lease !== undefined && { lease }) } as const;
  const reply = await store.txn(txn({ success: [operation] }), within());
  return reply.header.revision;
};
const holds = async (...compares: Compare[]): Promise<boolean> =>
  (await store.txn(txn({ compares }), within())).succeeded;

await t.test('compares of a key hold when they should and only then', async (t) => {
  await store.grantLease('7fabc', 60, within());
  const created = await put('cmp', 'b', '7fabc');
  const modified = await put('cmp', 'b', '7fabc');
  const key = 'cmp';
  t.ok(await holds({ key, target: 'create', op: '=', value: created }));
  t.notOk(await holds({ key, target: 'create', op: '=', value: modified }));
  t.ok(await holds({ key, target: 'mod', op: '=', value: modified }));
  t.notOk(await holds({ key, target: 'mod', op: '<', value: modified }));
  t.ok(await holds({ key, target: 'mod', op: '>', value: modified - 1 }));
  t.notOk(await holds({ key, target: 'mod', op: '>', value: modified }));
  t.ok(await holds({ key, target: 'value', op: '<', value: 'c' }));
  t.notOk(await holds({ key, target: 'value', op: '<', value: 'b' }));
  t.ok(await holds({ key, target: 'value', op: '=', value: 'b' }));
  t.ok(await holds({ key, target: 'lease', op: '=', value: '7fabc' }));
  t.notOk(await holds({ key, target: 'lease', op: '=', value: '7fabd' }));
  t.notOk(
    await holds(
      { key, target: 'value', op: '=', value: 'b' },
      { key, target: 'mod', op: '=', value: created },
    ),
    'all of them must hold',
  );
});

await t.test('a missing key has revision 0 and lease 0, and no value compares', async (t) => {
  const key = 'missing';
  t.ok(await holds({ key, target: 'create', op: '=', value: 0 }));
  t.ok(await holds({ key, target: 'mod', op: '=', value: 0 }));
  t.ok(await holds({ key, target: 'mod', op: '<', value: 1 }));
  t.ok(await holds({ key, target: 'lease', op: '=', value: '0' }));
  t.notOk(await holds({ key, target: 'value', op: '<', value: 'zzz' }));
  t.notOk(await holds({ key, target: 'value', op: '=', value: '' }));
});

await t.test('a compare of a prefix holds when it holds for every key there', async (t) => {
  const key = 'range/';
  const newestBelow = (value: number) =>
    holds({ key, prefix: true, target: 'mod', op: '<', value });
  t.ok(await newestBelow(1), 'no key is there');
  const first = await put('range/a', '');
  const second = await put('range/b', '');
  await put('range0', 'beyond');
  t.ok(await newestBelow(second + 1));
  t.notOk(await newestBelow(second));
  t.notOk(await newestBelow(first + 1), 'not for the first alone');
});

await t.test('the branch that ran gives one result for each operation, in order', async (t) => {
  await put('other', '');
  const reply = await store.txn(
    txn({
      compares: [{ key: 'branch', target: 'create', op: '=', value: 1 }],
      success: [{ op: 'range', key: 'branch' }],
      failure: [
        { op: 'put', key: 'branch', value: 'äöü' },
        { op: 'range', key: 'branch' },
        { op: 'delete', key: 'other' },
        { op: 'range', key: 'other' },
      ],
    }),
    within(),
  );
  const { revision, clusterId } = reply.header;
  t.equal(reply.succeeded, false);
  t.match(clusterId, /^\d+$/);
  const kv = { key: 'branch', value: 'äöü', createRevision: revision, modRevision: revision };
  t.strictSame(reply.results, [
    { kvs: [], count: 0 },
    { kvs: [{ ...kv, lease: '0' }], count: 1 },
    { kvs: [], count: 0 },
    { kvs: [], count: 0 },
  ]);
});

await t.test('a range is sorted by create revision and does not leave its prefix', async (t) => {
  for (const key of ['r/c', 'r/a', 'r/b', 'r', 'r0']) await put(key, key);
  await put('r/c', 'again');
  const reply = await store.txn(
    txn({ success: [{ op: 'range', key: 'r/', prefix: true }] }),
    within(),
  );
  t.strictSame(
    reply.results[0]?.kvs.map(({ key }) => key),
    ['r/c', 'r/a', 'r/b'],
  );
});

await t.test('minModRevision leaves out old keys, but count counts them', async (t) => {
  await put('m/1', '');
  await put('m/2', '');
  const since = await put('m/1', 'new');
  const read = txn({ success: [{ op: 'range', key: 'm/', prefix: true, minModRevision: since }] });
  const [result] = (await store.txn(read, within())).results;
  t.strictSame(
    result?.kvs.map(({ key }) => key),
    ['m/1'],
  );
  t.equal(result?.count, 2);
});

await t.test('a lease takes our ID, lives, and takes its keys along', async (t) => {
  const id = '7234567890abcdef';
  const header = await store.grantLease(id, 60, within());
  t.ok(header.revision > 0);
  t.match(etcdctl(endpoint, 'lease', 'list'), id, 'etcd prints the same hex');
  await t.rejects(store.grantLease(id, 60, within()), {
    name: 'StoreError',
    code: 'ALREADY_EXISTS',
    endpoint,
  });
  await put('leased', 'x', id);
  const [result] = (await store.txn(txn({ success: [{ op: 'range', key: 'leased' }] }), within()))
    .results;
  t.equal(result?.kvs[0]?.lease, id);
  t.equal(await store.keepAlive(id, within()), 60);
  await store.revokeLease(id, within());
  t.ok(await holds({ key: 'leased', target: 'create', op: '=', value: 0 }));
  t.equal(await store.keepAlive(id, within()), 0, 'gone');
  await store.revokeLease(id, within());
  await t.rejects(put('leased', 'x', id), { code: 'NOT_FOUND' });
});

await t.test('what etcd refuses leaves the endpoint in good standing', async (t) => {
  const twice = { op: 'put', key: 'twice', value: '' } as const;
  await t.rejects(store.txn(txn({ success: [twice, twice] }), within()), {
    code: 'UNKNOWN',
    message: /duplicate key/,
  });
  t.strictSame(log.endpointStates(), ['reachable']);
  t.match(
    log.events.findLast(({ type }) => type === 'etcd-error'),
    { code: 'UNKNOWN', call: 'txn', endpoint },
  );
  t.strictSame(
    log.events.filter(({ type }) => type === 'etcd-connected'),
    [{ type: 'etcd-connected', connected: true }],
  );
});

await t.test('the version of the server is told, once', async (t) => {
  const version = await log.wait(({ type }) => type === 'etcd-version');
  t.match(version, { endpoint, version: /^\d+\.\d+\.\d+/ });
  t.equal(log.events.filter(({ type }) => type === 'etcd-version').length, 1);
});

await t.test('an aborted call rejects, and so does every call after close', async (t) => {
  const { store } = openStore(t, cluster.endpoints);
  const aborter = new AbortController();
  const call = store.txn(txn({}), within(5_000, aborter.signal));
  aborter.abort(new Error('enough'));
  await t.rejects(call, { code: 'CANCELLED', cause: { message: 'enough' } });
  await t.rejects(store.txn(txn({}), within(5_000, aborter.signal)), { code: 'CANCELLED' });
  await store.txn(txn({}), within());
  const open = store.watch({ prefixes: ['x'], onEvents: () => undefined, ...within() });
  const pending = store.txn(txn({}), within());
  store.close();
  store.close();
  await t.rejects(pending, { code: 'CANCELLED', message: 'the store is closed' });
  await t.rejects(open, { code: 'CANCELLED' });
  await t.rejects(store.keepAlive('1', within()), { code: 'CANCELLED' });
});

await t.test('a lease with a negative ID is granted, kept alive, read and revoked', async (t) => {
  const id = 'ffffffffffffffb3';
  await store.grantLease(id, 60, within());
  t.equal(await store.keepAlive(id, within()), 60);
  await put('negative', 'x', id);
  const read = await store.txn(txn({ success: [{ op: 'range', key: 'negative' }] }), within());
  t.match(read.results[0]?.kvs, [{ key: 'negative', lease: id }]);
  t.ok(await holds({ key: 'negative', target: 'lease', op: '=', value: id }));
  t.match(etcdctl(endpoint, 'get', 'negative', '-w', 'json'), /"lease":-77\b/);
  await store.revokeLease(id, within());
  t.ok(await holds({ key: 'negative', target: 'create', op: '=', value: 0 }));
});
