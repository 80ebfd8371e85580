// What a restart takes by the token of its earlier life.
import t from 'tap';
import { startElections } from '../../fixtures/election.ts';
import { TIMING } from '../../fixtures/fast-timing.ts';
import { MemoryJournal } from '../../fixtures/memory-journal.ts';

const { election } = await startElections(t);

await t.test(
  '[H5] a resumed token is held no longer than its record says, though more is promised',
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a').start();
    await a.until('proved');
    await a.crash();
    const journal = new MemoryJournal(structuredClone(a.journal.saved));
    const again = node('a', { journal, timing: { holdForMs: 4000 } }).start();
    const { proof, resumed } = await again.until('taken');
    t.equal(resumed, true);
    t.match(await hand.record(), { ceilingMs: TIMING.holdForMs });
    t.equal(proof.deadline - proof.sentAt, TIMING.holdForMs);
    const proved = await again.until('proved');
    t.equal(proved.proof.deadline - proved.proof.sentAt, TIMING.holdForMs);
  },
);
