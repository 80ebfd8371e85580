// Who leads next: by the queue’s order, after a release or a silence.
import t from 'tap';
import { systemClock } from '../../../src/clock.ts';
import { startElections } from '../../fixtures/election.ts';
import { within } from '../../fixtures/etcd-store.ts';
import { TAKEOVER_MS, TIMING } from '../../fixtures/fast-timing.ts';
import { overlaps } from '../../fixtures/hold.ts';
import { kindOf } from '../../fixtures/wrapped-store.ts';

const { election, store } = await startElections(t);

await t.test('three nodes elect one, by etcd’s order, and no two hold at once', async (t) => {
  const { hand, nodes, node } = await election(t);
  for (const name of ['a', 'b', 'c']) node(name).start();
  const first = await Promise.any(nodes.map(async (each) => (await each.until('taken'), each)));
  for (const each of nodes) await each.when(() => each.queue.length === 3);
  t.strictSame(
    first.queue.map(({ mine }) => mine),
    [true, false, false],
  );
  await first.until('proved');
  t.match(await hand.record(), { state: 'held', node: first.name, ceilingMs: TIMING.holdForMs });
  t.equal(nodes.flatMap(({ holds }) => holds).length, 1);
  t.strictSame(overlaps(nodes), []);
});

await t.test('rule 13: a release hands over at once, the queue moves up', async (t) => {
  const { hand, nodes, queueUp } = await election(t);
  const [a, b, c] = await queueUp('a', 'b', 'c');
  await a?.release();
  t.match(await hand.record(), { token: { key: /elections/ } });
  const taken = await b?.until('taken');
  const released = nodes[0]?.holds[0]?.to ?? 0;
  t.ok((taken?.proof.sentAt ?? 0) >= released, 'after it was withdrawn');
  t.ok((taken?.proof.sentAt ?? 0) < released + TAKEOVER_MS, 'without a wait');
  t.equal(c?.holds.length, 0);
  t.strictSame(overlaps(nodes), []);
});

await t.test(
  'rule 11: a silent holder is deposed, not before takeoverAfter of its promise',
  async (t) => {
    const { hand, nodes, queueUp } = await election(t);
    const [a, b] = await queueUp('a', 'b');
    await a?.until('proved');
    await a?.crash();
    const taken = await b?.until('taken');
    const last = a?.heard.findLast((each) => each.type === 'proved');
    const sentAt = last?.type === 'proved' ? last.proof.sentAt : Number.NaN;
    t.ok((taken?.proof.sentAt ?? 0) >= sentAt + TAKEOVER_MS);
    t.ok((taken?.proof.sentAt ?? 0) >= (a?.holds[0]?.to ?? Infinity), 'the safety bound');
    t.match(await hand.record(), { state: 'held', node: 'b' });
    t.strictSame(overlaps(nodes), []);
  },
);

await t.test(
  'rule 7 [A7]: the dead behind a silent holder go in the same transaction',
  async (t) => {
    const { hand, nodes, queueUp, node } = await election(t);
    // Idle nodes announce a beat every 3 s: these announce that they beat as fast as a holder.
    const [a, b] = await queueUp('a', 'b');
    await b?.crash();
    const c = node('c', { timing: { leaseTtlMs: 60_000 } }).start();
    await c.when(() => c.queue.length === 3);
    // b counts as dead 1.2 × 3250 + 750 ms after its last beat; its lease, kept alive here, stands.
    const lease = b?.journal.memory.leaseId ?? '';
    const alive = setInterval(() => void store.keepAlive(lease, within()), 500);
    t.teardown(() => clearInterval(alive));
    await systemClock.sleep(5000);
    await a?.crash();
    const held = setInterval(
      () => void store.keepAlive(a?.journal.memory.leaseId ?? '', within()),
      500,
    );
    t.teardown(() => clearInterval(held));
    await c.until('taken');
    const depose = c.store.sent.filter(({ success }) => success.some(({ op }) => op === 'delete'));
    t.strictSame(
      depose.at(-1)?.success.filter(({ op }) => op === 'delete').length,
      2,
      'both keys in one',
    );
    t.match(await hand.record(), { state: 'held', node: 'c' });
    t.strictSame(overlaps(nodes), []);
  },
);

await t.test(
  'rule 8: the taking after a silence compares the heartbeat that was silent',
  async (t) => {
    const { hand, queueUp } = await election(t);
    const [a, b] = await queueUp('a', 'b');
    await a?.until('proved');
    await a?.crash();
    const [key] = await hand.under(hand.keys.elections);
    await hand.delete(key?.key ?? '');
    const last = await hand.get(hand.keys.node('a'));
    await b?.until('taken');
    const taking = b?.store.sent.findLast((txn) => kindOf(txn) === 'take');
    const { key: silent, modRevision: value } = last ?? { key: '', modRevision: 0 };
    t.strictSame(taking?.compares.at(-1), { key: silent, target: 'mod', op: '=', value });
  },
);

await t.test('rule 8 [H5]: the very first start waits the longest promise', async (t) => {
  const { node } = await election(t, { seed: false });
  const a = node('a').start();
  await a.when(() => a.queue[0]?.mine === true);
  await systemClock.sleep(2 * TAKEOVER_MS);
  t.equal(a.holds.length, 0);
});
