// A node that comes back with its memory.
import t from 'tap';
import { startElections } from '../../fixtures/election.ts';
import { within } from '../../fixtures/etcd-store.ts';
import { overlaps } from '../../fixtures/hold.ts';
import { freshMemory, MemoryJournal } from '../../fixtures/memory-journal.ts';

const { election, store } = await startElections(t);

await t.test(
  'rule 15: a restart with its memory resumes: same lease, same key, no gap',
  async (t) => {
    const { hand, nodes, node, queueUp } = await election(t);
    const [a, b] = await queueUp('a', 'b');
    await a?.until('proved');
    await a?.crash();
    const saved = a?.journal.saved ?? freshMemory();
    const before = await hand.record();
    const again = node('a', { journal: new MemoryJournal(structuredClone(saved)) }).start();
    const taken = await again.until('taken');
    t.equal(taken.resumed, true);
    t.equal(again.journal.memory.leaseId, saved.leaseId);
    const after = await hand.record();
    t.strictSame(after?.token, before?.token);
    t.equal(after?.sinceMs, before?.sinceMs);
    t.equal(b?.holds.length, 0);
    t.strictSame(overlaps(nodes), []);
  },
);

await t.test(
  'rule 15 [H6]: a token that the state file has burnt is not resumed, though its key still leads',
  async (t) => {
    const { hand, node, queueUp } = await election(t);
    const [a] = await queueUp('a');
    await a?.until('proved');
    await a?.crash();
    const saved = structuredClone(a?.journal.saved ?? freshMemory());
    const before = await hand.record();
    // Burnt, and then neither release nor revocation came through.
    const journal = new MemoryJournal({ ...saved, tokens: [], burnt: saved.tokens });
    const again = node('a', { journal }).start();
    const taken = await again.until('taken');
    t.equal(again.journal.memory.leaseId, saved.leaseId);
    t.equal(taken.resumed, false);
    t.not((await hand.record())?.token.createRevision, before?.token.createRevision);
  },
);

await t.test('rule 14: a restart after its lease has gone takes at once', async (t) => {
  const { hand, node, queueUp } = await election(t);
  const [a] = await queueUp('a');
  await a?.until('proved');
  await a?.crash();
  const saved = a?.journal.saved ?? freshMemory();
  await store.revokeLease(saved.leaseId ?? '', within());
  t.match(await hand.record(), { state: 'held' });
  const again = node('a', { journal: new MemoryJournal(structuredClone(saved)) }).start();
  const taken = await again.until('taken');
  t.equal(taken.resumed, false);
  t.not(again.journal.memory.leaseId, saved.leaseId);
  const lost = again.heard.findIndex(({ type }) => type === 'lost');
  const withdrawn = again.heard.findIndex(({ type }) => type === 'withdrawn');
  const takenAt = again.heard.indexOf(taken);
  t.ok(lost >= 0 && lost < withdrawn && withdrawn < takenAt, 'what the file claims goes first');
});
