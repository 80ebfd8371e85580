// What a restart makes of the tokens that its state file claims.
import t from 'tap';
import { StoreError } from '../../../src/election/store.ts';
import { startElections } from '../../fixtures/election.ts';
import { TIMING } from '../../fixtures/fast-timing.ts';
import { MemoryJournal } from '../../fixtures/memory-journal.ts';
import { kindOf } from '../../fixtures/wrapped-store.ts';

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

await t.test(
  'rule 15: what the state file claims but the record does not is lost, then taken anew',
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a');
    // Crashes with its taking noted and not sent.
    const crashed = new Promise<void>((resolve) => {
      a.store.onTxn = (txn, send) => {
        if (kindOf(txn) !== 'take') return send();
        resolve();
        return Promise.reject(new StoreError('UNAVAILABLE', '', 'crashed'));
      };
    });
    a.start();
    await crashed;
    const saved = structuredClone(a.journal.saved);
    await a.crash();
    t.equal(saved.tokens.length, 1);
    const again = node('a', { journal: new MemoryJournal(saved) }).start();
    const taken = await again.until('taken');
    const kinds = again.heard.map(({ type }) => type);
    t.strictSame(kinds.slice(0, 3), ['lost', 'withdrawn', 'taken']);
    t.equal(taken.resumed, false);
    t.match(await hand.record(), { state: 'held', node: 'a' });
  },
);
