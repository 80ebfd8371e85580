import t from 'tap';
import { startCluster } from '../../src/lab/etcd.ts';
import { Hand, TestNode } from '../fixtures/electors.ts';
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
