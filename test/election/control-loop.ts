import t from 'tap';
import { elapsedMs, systemClock, type Instant } from '../../src/clock.ts';
import { startElections } from '../fixtures/election.ts';
import { Latch } from '../fixtures/latch.ts';
import { kindOf } from '../fixtures/wrapped-store.ts';

const { election } = await startElections(t);

/** Reads without a complete picture whose pauses are added up. */
const INCOMPLETE_READS = 60;

await t.test(
  'a picture that stays incomplete is asked for with pauses, not ever faster',
  async (t) => {
    const { node } = await election(t);
    const a = node('a').start();
    await a.until('proved');
    let broken = true;
    let reads = 0;
    let answeredAt: Instant | undefined;
    let pausedMs = 0;
    const enough = new Latch();
    a.store.onTxn = async (txn, send) => {
      if (kindOf(txn) !== 'read' || !broken) return send();
      if (answeredAt !== undefined) pausedMs += elapsedMs(answeredAt, systemClock.now());
      const { results, ...reply } = await send();
      answeredAt = systemClock.now();
      reads += 1;
      if (reads === INCOMPLETE_READS) enough.open();
      return { ...reply, results: results.map(({ kvs }) => ({ kvs, count: kvs.length + 1 })) };
    };
    await enough.opened;
    // Five at once, then 100 ms, of which news may cut some short: only too little can be wrong.
    const leastMs = ((INCOMPLETE_READS / 5 - 1) * 100) / 2;
    t.ok(pausedMs >= leastMs, `${pausedMs} ms between ${INCOMPLETE_READS} reads`);
    t.equal(a.isHolding(), true, 'the beats prove the hold meanwhile');
    broken = false;
    const b = node('b').start();
    await a.when(() => a.queue.length === 2);
    t.equal(b.holds.length, 0);
  },
);
