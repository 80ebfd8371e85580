// What a restart takes by the token of its earlier life.
import t, { type Test } from 'tap';
import { startElections } from '../../fixtures/election.ts';
import { TIMING } from '../../fixtures/fast-timing.ts';
import { MemoryJournal } from '../../fixtures/memory-journal.ts';

const { election } = await startElections(t);

/** A daemon that took with the first hold time, died, and resumed with the second. */
async function resumed(t: Test, firstMs: number, secondMs: number) {
  const { hand, node } = await election(t);
  const a = node('a', { timing: { holdForMs: firstMs } }).start();
  await a.until('proved');
  await a.crash();
  const journal = new MemoryJournal(structuredClone(a.journal.saved));
  const again = node('a', { journal, timing: { holdForMs: secondMs } }).start();
  const taken = await again.until('taken');
  t.equal(taken.resumed, true);
  const { proof } = await again.until('proved');
  return { record: await hand.record(), taken: taken.proof, proof };
}

await t.test('[H5] a resumed token is held as long as its record says anew', async (t) => {
  const { record, taken, proof } = await resumed(t, TIMING.holdForMs, 4000);
  t.match(record, { ceilingMs: 4000 });
  // Rounded: the sum loses a bit where it passes a power of two (2^21 ms: 35 minutes after the boot).
  t.equal(Math.round(taken.deadline - taken.sentAt), 4000);
  t.equal(Math.round(proof.deadline - proof.sentAt), 4000);
});

await t.test('[H5] a resume with a shorter promise takes nothing back', async (t) => {
  const { record } = await resumed(t, 4000, TIMING.holdForMs);
  t.match(record, { ceilingMs: 4000 });
});
