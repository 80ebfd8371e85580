import t from 'tap';
import { after, systemClock, type Clock } from '../../src/clock.ts';
import { RegressionError } from '../../src/election/guarded-store.ts';
import { Reader } from '../../src/election/reader.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from '../../src/election/promise.ts';
import { StoreError } from '../../src/election/store.ts';
import { View } from '../../src/election/view.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { Hand } from '../fixtures/hand.ts';
import { WrappedStore } from '../fixtures/wrapped-store.ts';
import { openStore } from '../fixtures/etcd-store.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { store } = openStore(t, cluster.endpoints);
const NEVER = new AbortController().signal;
const lost = (): Promise<never> => Promise.reject(new StoreError('UNAVAILABLE', '', 'gone'));

function readerOf(prefix: string, clock: Clock = systemClock) {
  const hand = new Hand(store, prefix);
  const view = new View(hand.keys, [{ name: 'g' }]);
  const wrapped = new WrappedStore(store);
  return { hand, view, wrapped, reader: new Reader(wrapped, clock, view, 1000) };
}

await t.test('every read shows what etcd has, deletions included', async (t) => {
  const { hand, view, reader, wrapped } = readerOf('/r1');
  await hand.put(hand.keys.holder('g'), 'x');
  await hand.put(`${hand.keys.election('g')}/1`, 'a');
  t.equal(await reader.read(NEVER), true);
  t.equal(view.group('g').leaseless.length, 1);
  t.equal(wrapped.sent.length, 1, 'one request');
  await hand.delete(`${hand.keys.election('g')}/1`);
  await hand.put(`${hand.keys.election('g')}/2`, 'b');
  t.equal(await reader.read(NEVER), true);
  t.match(view.group('g').leaseless, [{ key: `${hand.keys.election('g')}/2` }]);
  t.equal(wrapped.sent.length, 3, 'the delta did not add up: once more, in full');
  t.ok(
    wrapped.sent.every(({ compares }) => compares.length === 0),
    'linearizable reads',
  );
});

await t.test('it is dated after the arrival of the reply', async (t) => {
  const { reader, wrapped } = readerOf('/r2');
  let answeredAt = 0;
  wrapped.onTxn = async (_txn, send) => {
    const reply = await send();
    answeredAt = systemClock.now();
    return reply;
  };
  await reader.read(NEVER);
  t.ok((reader.readAt ?? 0) >= answeredAt);
});

await t.test('rule 12 [A6]: a machine that slept has seen nothing meanwhile', async (t) => {
  let sleptMs = 0;
  const clock = Object.create(systemClock) as Clock;
  clock.now = () => after(systemClock.now(), sleptMs);
  const { reader } = readerOf('/r2a', clock);
  await reader.read(NEVER);
  const since = reader.goodSince;
  sleptMs = LONGEST_TAKEOVER_AFTER_MS / 2;
  await reader.read(NEVER);
  t.equal(reader.goodSince, since, 'what happens to a busy one is no outage');
  sleptMs += LONGEST_TAKEOVER_AFTER_MS;
  await reader.read(NEVER);
  t.equal(reader.goodSince, reader.readAt);
});

await t.test('rule 12 [A6]: one failed read is no outage, two in a row are', async (t) => {
  const { reader, wrapped } = readerOf('/r3');
  t.equal(reader.goodSince, undefined, 'before the first');
  await reader.read(NEVER);
  const since = reader.goodSince;
  t.ok(since);
  wrapped.onTxn = lost;
  t.equal(await reader.read(NEVER), false);
  t.equal(reader.goodSince, since);
  wrapped.onTxn = (_txn, send) => send();
  await reader.read(NEVER);
  wrapped.onTxn = lost;
  await reader.read(NEVER);
  t.equal(reader.goodSince, since, 'a good read between them');
  await reader.read(NEVER);
  t.equal(reader.goodSince, undefined);
  t.equal(reader.failures, 2);
  wrapped.onTxn = (_txn, send) => send();
  await reader.read(NEVER);
  t.ok((reader.goodSince ?? 0) > (since ?? 0), 'counted anew');
  t.equal(reader.failures, 0);
});

await t.test('rule 16: a look back in time is not a failed read', async (t) => {
  const { reader, wrapped } = readerOf('/r4');
  wrapped.onTxn = () => Promise.reject(new RegressionError('FAILED_PRECONDITION', '', 'back'));
  await t.rejects(reader.read(NEVER), { name: 'RegressionError' });
});

await t.test('a picture that is never complete is not taken for one', async (t) => {
  const { hand, reader, wrapped, view } = readerOf('/r5');
  wrapped.onTxn = async (_txn, send) => {
    const { results, ...reply } = await send();
    return { ...reply, results: results.map(({ kvs }) => ({ kvs, count: kvs.length + 1 })) };
  };
  await hand.put(hand.keys.holder('g'), 'x');
  t.equal(await reader.read(NEVER), false);
  t.equal(view.complete, false);
  t.equal(wrapped.sent.length, 5, 'bounded');
});
