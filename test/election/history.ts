import t from 'tap';
import { appendHistory, decodeHistory, type HistoryEntry } from '../../src/election/history.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { Hand } from '../fixtures/hand.ts';
import { WrappedStore } from '../fixtures/wrapped-store.ts';
import { openStore, within } from '../fixtures/etcd-store.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { store } = openStore(t, cluster.endpoints);
const hand = new Hand(store, '/t');
const entry = (atMs: number): HistoryEntry => ({
  atMs,
  node: 'a',
  state: 'held',
  reason: 'elected',
  by: 'a',
});
const read = async (key: string): Promise<number[]> =>
  decodeHistory((await hand.get(key))?.value ?? '').map(({ atMs }) => atMs);

await t.test('entries are added at the end, and the last 50 are kept', async (t) => {
  await appendHistory(store, 'h', [entry(1), entry(2)], within());
  await appendHistory(store, 'h', [entry(3)], within());
  t.strictSame(await read('h'), [1, 2, 3]);
  const many = Array.from({ length: 60 }, (_, at) => entry(at + 4));
  await appendHistory(store, 'h', many, within());
  t.strictSame(
    await read('h'),
    many.slice(-50).map(({ atMs }) => atMs),
  );
});

await t.test('what another node adds meanwhile is not lost', async (t) => {
  const wrapped = new WrappedStore(store);
  let raced = false;
  wrapped.onTxn = async (txn, send) => {
    if (txn.compares.length > 0 && !raced) {
      raced = true;
      await appendHistory(store, 'race', [entry(1)], within());
    }
    return send();
  };
  await appendHistory(wrapped, 'race', [entry(2)], within());
  t.strictSame(await read('race'), [1, 2]);
});

await t.test('what is no history is begun anew', async (t) => {
  for (const text of ['', 'null', '{}', '[1]', '[{"atMs":1}]'])
    t.strictSame(decodeHistory(text), []);
  await hand.put('bad', 'garbage');
  await appendHistory(store, 'bad', [entry(1)], within());
  t.strictSame(await read('bad'), [1]);
});

await t.test('it gives up after a few tries: an entry is for people', async (t) => {
  const wrapped = new WrappedStore(store);
  let at = 0;
  wrapped.onTxn = async (txn, send) => {
    if (txn.compares.length > 0) await hand.put('busy', `${(at += 1)}`);
    return send();
  };
  await appendHistory(wrapped, 'busy', [entry(1)], within());
  t.equal(at, 3);
});
