// What becomes of a token that is given up, and of one that cannot be.
import t from 'tap';
import { StoreError } from '../../../src/election/store.ts';
import { startElections } from '../../fixtures/election.ts';
import { overlaps } from '../../fixtures/hold.ts';
import { Latch } from '../../fixtures/latch.ts';
import { freshMemory, MemoryJournal } from '../../fixtures/memory-journal.ts';
import { kindOf, loseFirst } from '../../fixtures/wrapped-store.ts';

const { election } = await startElections(t);

await t.test(
  'rule 13 [H6]: the token is burnt in the state file before the release is sent',
  async (t) => {
    const { node } = await election(t);
    const a = node('a').start();
    await a.until('taken');
    t.equal(a.journal.saved.tokens.length, 1, 'a token that is held is in the state file');
    let atRelease: unknown;
    a.store.onTxn = (txn, send) => {
      if (kindOf(txn) === 'release') atRelease = structuredClone(a.journal.saved.tokens);
      return send();
    };
    await a.release();
    t.strictSame(atRelease, []);
  },
);

await t.test(
  'rule 13 [H6]: a release whose reply was lost is not repeated; a new key is',
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a').start();
    const { proof } = await a.until('taken');
    const lost = loseFirst(a, 'release');
    await a.release();
    await lost;
    t.match(await hand.record(), { state: 'released', reason: 'shutdown', by: 'a' });
    const from = a.heard.length;
    a.elector.setCandidate('g', true);
    const taken = await a.until('taken', () => true, from);
    t.ok(taken.proof.token.createRevision > proof.token.createRevision);
    t.equal(a.store.sent.filter((txn) => kindOf(txn) === 'release').length, 1);
  },
);

await t.test(
  'rule 13 [H6]: a release that never arrived: the key goes, and then others may',
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a').start();
    const { proof } = await a.until('taken');
    const b = node('b').start();
    await b.when(() => b.queue.length === 2);
    a.store.onTxn = async (txn, send) => {
      if (kindOf(txn) === 'release') throw new StoreError('UNAVAILABLE', '', 'gone');
      return send();
    };
    await a.release();
    a.elector.setCandidate('g', true);
    await b.until('taken');
    await a.when(() =>
      a.queue.some(({ mine, revision }) => mine && revision > proof.token.createRevision),
    );
    t.match(await hand.record(), { state: 'held', node: 'b' });
    t.strictSame(overlaps([a, b]), []);
  },
);

await t.test(
  'rule 13: the burnt key is not deleted beside its release, which would then fail',
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a').start();
    await a.until('taken');
    let reads = 0;
    const looked = new Latch();
    a.store.onTxn = async (txn, send) => {
      if (kindOf(txn) === 'release') await looked.opened;
      const reply = await send();
      if (kindOf(txn) === 'read' && !a.isHolding()) reads += 1;
      if (reads === 3) looked.open();
      return reply;
    };
    await a.release();
    t.match(await hand.record(), { state: 'released' });
  },
);

await t.test(
  'rule 13: a release takes the record as its taking left it; any other stays',
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a').start();
    await a.until('taken');
    let changed = false;
    a.store.onTxn = async (txn, send) => {
      if (kindOf(txn) === 'release' && !changed) {
        changed = true;
        await hand.put(hand.keys.holder('g'), 'by hand');
      }
      return send();
    };
    await a.release();
    t.equal((await hand.get(hand.keys.holder('g')))?.value, 'by hand');
  },
);

await t.test(
  'rule 11 [H7]: a holder that withdrew, and can neither release nor dequeue, is deposed',
  { timeout: 30_000 },
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a').start();
    const { proof } = await a.until('proved');
    const b = node('b').start();
    await b.when(() => b.queue.length === 2);
    a.store.onTxn = (txn, send) =>
      ['release', 'delete'].includes(kindOf(txn))
        ? Promise.reject(new StoreError('UNAVAILABLE', '', 'not these'))
        : send();
    await a.release();
    t.match(await hand.record(), { state: 'held', node: 'a' }, 'nothing was released');
    const beats = a.store.sent.filter((txn) => kindOf(txn) === 'beat').length;
    await b.until('taken');
    t.ok(a.store.sent.filter((txn) => kindOf(txn) === 'beat').length > beats, 'though it beats on');
    t.match(await hand.record(), { state: 'held', node: 'b' });
    t.notOk(await hand.get(proof.token.key));
    t.strictSame(overlaps([a, b]), []);
  },
);

await t.test('a memory without a token burns nothing and releases nothing', async (t) => {
  const { hand, node } = await election(t);
  const a = node('a', { journal: new MemoryJournal(freshMemory()), wanted: [] }).start();
  await a.when(() => a.events.some(({ type }) => type === 'lease-granted'));
  const before = await hand.get(hand.keys.holder('g'));
  await a.elector.release('g', 'shutdown');
  t.strictSame(await hand.get(hand.keys.holder('g')), before);
});
