// What a node claims that is lost, or has run out.
import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { StoreError } from '../../src/election/store.ts';
import { startElections } from '../fixtures/election.ts';
import { TIMING } from '../fixtures/fast-timing.ts';
import { overlaps } from '../fixtures/hold.ts';
import { MemoryJournal } from '../fixtures/memory-journal.ts';
import { until } from '../fixtures/program.ts';
import { kindOf } from '../fixtures/wrapped-store.ts';

const { election } = await startElections(t);

await t.test(
  'rule 6: the key stays while the addresses do not come off, and keeps others waiting',
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a').start();
    await a.until('proved');
    const b = node('b').start();
    await b.when(() => b.queue.length === 2);
    a.withdraws = false;
    const record = { ...(await hand.record()), state: 'deposed', by: 'hand' };
    await hand.put(hand.keys.holder('g'), JSON.stringify(record));
    await a.until('lost');
    await systemClock.sleep(3 * TIMING.takeoverAfterMs);
    t.equal(b.holds.length, 0, 'it beats, and lists the token');
    a.elector.withdrawn('g');
    const { proof } = await a.until('taken', () => true, a.heard.length);
    t.ok(proof.token.createRevision > 0);
    t.strictSame(overlaps([a, b]), []);
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

await t.test('a right that has run out is not founded anew, though its key stands', async (t) => {
  const { hand, node } = await election(t);
  const a = node('a').start();
  const { proof } = await a.until('proved');
  a.withdraws = false; // The kernel does not act on it.
  a.store.onTxn = (txn, send) =>
    kindOf(txn) === 'beat' ? Promise.reject(new StoreError('UNAVAILABLE', '', 'cut off')) : send();
  // The last beat that was confirmed had been sent after this proof was.
  await systemClock.sleep(2 * TIMING.holdForMs);
  t.ok(systemClock.now() > proof.deadline);
  const from = a.store.sent.length;
  await hand.delete(hand.keys.holder('g'));
  const marked = async () => (await hand.record())?.state === 'unknown' || undefined;
  await until('nothing is known of a holder', marked);
  const kinds = a.store.sent.slice(from).map((txn) => kindOf(txn));
  t.notOk(kinds.includes('take'), 'somebody may have taken and be gone again');
});
