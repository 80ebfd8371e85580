import t from 'tap';
import { startCluster } from '../../src/lab/etcd.ts';
import { Hand } from '../fixtures/hand.ts';
import { overlaps } from '../fixtures/hold.ts';
import { Latch } from '../fixtures/latch.ts';
import { TestNode } from '../fixtures/test-node.ts';
import { kindOf } from '../fixtures/wrapped-store.ts';
import { etcdctl, openStore } from '../fixtures/etcd-store.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { endpoints } = cluster;
const [endpoint = ''] = endpoints;
const { store } = openStore(t, endpoints);
/** So rare that only the watch can have made a node look. */
const RARELY = { takeoverAfterMs: 10_000_000 };

await t.test('a change of the queue makes a node look at once', async (t) => {
  const hand = new Hand(store, '/w1');
  const a = new TestNode(t, { name: 'a', prefix: '/w1', endpoints, timing: RARELY, wanted: [] });
  a.start();
  await a.untilEvent('beat');
  await hand.put(`${hand.keys.election('g')}/by-hand`, 'x');
  await a.untilEvent('leaseless-candidate');
  t.pass();
});

await t.test('after its history was compacted it watches on from now', async (t) => {
  const hand = new Hand(store, '/w2');
  await hand.seedReleased();
  const a = new TestNode(t, { name: 'a', prefix: '/w2', endpoints, timing: RARELY, wanted: [] });
  // Known long ago: the history from there on is gone when the watch begins.
  a.journal.memory.highestRevision = 1;
  for (let at = 0; at < 5; at += 1) await hand.put('filler', String(at));
  const { modRevision } = (await hand.get('filler')) ?? { modRevision: 0 };
  etcdctl(endpoint, 'compaction', String(modRevision));
  a.start();
  await a.untilEvent('beat');
  await hand.put(`${hand.keys.election('g')}/by-hand`, 'x');
  await a.untilEvent('leaseless-candidate');
  t.pass();
});

await t.test(
  'rule 8: a hold that ends is taken on the hint, with the compares that prove it',
  async (t) => {
    const hand = new Hand(store, '/w3');
    await hand.seedReleased();
    const a = new TestNode(t, { name: 'a', prefix: '/w3', endpoints }).start();
    const { proof } = await a.until('taken');
    const b = new TestNode(t, { name: 'b', prefix: '/w3', endpoints, timing: RARELY });
    const took = new Latch();
    // The other one's beats: from then on the watch misses nothing.
    const watches = new Latch();
    b.store.onWatched = () => watches.open();
    let watchOnly = false;
    b.store.onTxn = async (txn, send) => {
      if (kindOf(txn) === 'take') took.open();
      const reply = await send();
      // A read that is under way may see the end sooner than the watch: its answer has to wait.
      if (watchOnly && kindOf(txn) === 'read') await took.opened;
      return reply;
    };
    b.start();
    await b.when(() => b.queue.length === 2);
    await b.untilEvent('beat');
    await watches.opened;
    watchOnly = true;
    await a.release();
    await b.until('taken');
    const [take] = b.store.sent.filter((txn) => kindOf(txn) === 'take');
    const holder = hand.keys.holder('g');
    const { key } = proof.token;
    t.match(
      take?.compares.filter((each) => [key, holder].includes(each.key)),
      [
        { key: holder, target: 'mod', op: '=' },
        { key, target: 'create', op: '=', value: 0 },
      ],
    );
    t.strictSame(overlaps([a, b]), []);
  },
);

await t.test('rule 8: a hint that is no end of the hold before us takes nothing', async (t) => {
  const hand = new Hand(store, '/w4');
  await hand.seedReleased();
  const a = new TestNode(t, { name: 'a', prefix: '/w4', endpoints }).start();
  await a.until('proved');
  const b = new TestNode(t, { name: 'b', prefix: '/w4', endpoints, timing: RARELY }).start();
  const c = new TestNode(t, { name: 'c', prefix: '/w4', endpoints, timing: RARELY });
  await b.when(() => b.queue.length === 2);
  c.start();
  await c.when(() => c.queue.length === 3);
  // The record says that the hold has ended while its key stands, and b stands before c.
  const record = await hand.record();
  await hand.put(hand.keys.holder('g'), JSON.stringify({ ...record, state: 'released' }));
  await a.until('lost');
  await a.until('taken', () => true, a.heard.length);
  t.equal(b.holds.length + c.holds.length, 0);
  t.notOk(
    c.store.sent.some((txn) => kindOf(txn) === 'take'),
    'b stood before it',
  );
});
