import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { TIMING } from '../fixtures/fast-timing.ts';
import { Hand } from '../fixtures/hand.ts';
import { overlaps } from '../fixtures/hold.ts';
import { TestNode } from '../fixtures/test-node.ts';
import { kindOf } from '../fixtures/wrapped-store.ts';
import { openStore } from '../fixtures/etcd-store.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { endpoints } = cluster;
const [member] = cluster.members;
const { store } = openStore(t, endpoints);

await t.test(
  'rule 12 [A6]: etcd frozen for longer than the hold: the holder takes again, nobody else',
  async (t) => {
    const hand = new Hand(store, '/freeze');
    await hand.seedReleased();
    const timing = { leaseTtlMs: 30_000 };
    const node = (name: string) =>
      new TestNode(t, { name, prefix: '/freeze', endpoints, timing }).start();
    const a = node('a');
    await a.until('proved');
    const [b, c] = [node('b'), node('c')];
    await c.when(() => c.queue.length === 3);
    await b.when(() => b.queue.length === 3);
    member?.freeze();
    const expired = await a.until('expired');
    t.equal(a.isHolding(), false);
    await systemClock.sleep(3 * TIMING.takeoverAfterMs);
    member?.thaw();
    const from = a.heard.indexOf(expired);
    const taken = await a.until('taken', () => true, from);
    t.equal(taken.resumed, false, 'it is no restart');
    t.strictSame((await hand.record())?.token, taken.proof.token);
    t.equal(b.holds.length + c.holds.length, 0);
    t.strictSame(overlaps([a, b, c]), []);
  },
);

await t.test(
  'rule 1 [H13]: the first writing of a candidate is its key and its beat in one',
  async (t) => {
    const hand = new Hand(store, '/first');
    await hand.seedReleased();
    const groups = [{ name: 'g' }, { name: 'h' }];
    const a = new TestNode(t, { name: 'a', prefix: '/first', endpoints, groups }).start();
    await a.until('taken');
    const writes = a.store.sent.map(kindOf).filter((kind) => kind !== 'read');
    t.equal(writes[0], 'enqueue');
    const enqueues = a.store.sent.filter((txn) => kindOf(txn) === 'enqueue');
    t.equal(enqueues.length, 1, 'all groups in one');
    t.equal(enqueues[0]?.success.length, 3);
  },
);

await t.test('rule 7: who wants nothing beats all the same, and stands nowhere', async (t) => {
  const hand = new Hand(store, '/idle');
  const a = new TestNode(t, { name: 'a', prefix: '/idle', endpoints, wanted: [] }).start();
  await a.untilEvent('beat');
  t.ok(await hand.get(hand.keys.node('a')));
  t.strictSame(await hand.under(hand.keys.elections), []);
});

await t.test('rule 10: who does not want a group any more leaves its queue', async (t) => {
  const hand = new Hand(store, '/leave');
  await hand.seedReleased();
  const node = (name: string) => new TestNode(t, { name, prefix: '/leave', endpoints }).start();
  const a = node('a');
  await a.until('proved');
  const b = node('b');
  await b.when(() => b.queue.length === 2);
  b.elector.setCandidate('g', false);
  await b.when(() => b.queue.length === 1);
  t.equal(a.isHolding(), true);
});

await t.test('rule 3 [A8]: the loss of one group leaves the others held', async (t) => {
  const hand = new Hand(store, '/two');
  for (const group of ['g', 'h']) await hand.seedReleased(group);
  const groups = [{ name: 'g' }, { name: 'h' }];
  const a = new TestNode(t, { name: 'a', prefix: '/two', endpoints, groups }).start();
  for (const { name } of groups) await a.until('proved', ({ group }) => group === name);
  const [key] = await hand.under(`${hand.keys.election('g')}/`);
  await hand.delete(key?.key ?? '');
  await a.until('lost');
  const from = a.heard.length;
  await a.until('proved', ({ group }) => group === 'h', from);
  t.strictSame(
    a.heard.filter(({ type }) => type === 'lost').map((each) => 'group' in each && each.group),
    ['g'],
  );
  t.equal(a.isHolding('h'), true);
});

await t.test('who we are is written once our heartbeat key guards it, on the lease', async (t) => {
  const hand = new Hand(store, '/facts');
  const a = new TestNode(t, { name: 'a', prefix: '/facts', endpoints }).start();
  await a.when(() => a.queue.length === 1);
  while ((await hand.get(hand.keys.facts('a'))) === undefined) await systemClock.sleep(50);
  const facts = await hand.get(hand.keys.facts('a'));
  t.match(facts, { value: '{}', lease: a.journal.memory.leaseId });
});
