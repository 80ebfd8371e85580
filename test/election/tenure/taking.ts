// Takings whose replies are lost, come twice, or come too late.
import t from 'tap';
import { decodeBeat } from '../../../src/election/beat.ts';
import type { KeyValue } from '../../../src/election/store.ts';
import { startElections } from '../../fixtures/election.ts';
import { overlaps } from '../../fixtures/hold.ts';
import { TestNode } from '../../fixtures/test-node.ts';
import { kindOf, loseFirst, loseReply, type Kind } from '../../fixtures/wrapped-store.ts';

const { election } = await startElections(t);

/** Every transaction of the kind reaches etcd twice; the second reply is the one that arrives. */
function double(node: TestNode, kind: Kind): void {
  node.store.onTxn = async (txn, send) => {
    if (kindOf(txn) === kind) await send();
    return send();
  };
}

await t.test(
  'rule 8 [A3]: a taking whose reply was lost is taken again, by the same token',
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a');
    const lost = loseFirst(a, 'take');
    a.start();
    await lost;
    const taken = await a.until('taken');
    t.strictSame((await hand.record())?.token, taken.proof.token);
    const [key] = await hand.under(hand.keys.elections);
    t.equal(key?.createRevision, taken.proof.token.createRevision);
    t.equal(taken.resumed, false, 'it is no restart');
    await a.until('proved');
  },
);

await t.test('rule 9: a taking that reaches etcd twice is one hold', async (t) => {
  const { node } = await election(t);
  const a = node('a');
  double(a, 'take');
  a.start();
  // The second reply says that nothing was taken: only the next read tells.
  await a.when(() => a.store.sent.filter((txn) => kindOf(txn) === 'take').length > 2);
  a.store.onTxn = (_txn, send) => send();
  await a.until('taken');
  const b = node('b').start();
  await a.until('proved');
  t.equal(b.holds.length, 0);
});

await t.test(
  'a right withdrawn while its taking was under way is released all the same',
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a');
    a.store.onTxn = async (txn, send) => {
      const reply = await send();
      if (kindOf(txn) === 'take') {
        // A stop: nothing is on the link yet, so it is withdrawn at once.
        a.elector.setCandidate('g', false);
        a.elector.withdrawn('g');
      }
      return reply;
    };
    a.start();
    await a.until('taken');
    t.equal(a.journal.saved.tokens.length, 1);
    await a.release();
    t.match(await hand.record(), { state: 'released', node: 'a' });
  },
);

await t.test(
  'rule 6: a right withdrawn while its taking was under way is not held by its answer',
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a');
    let takings = 0;
    a.store.onTxn = async (txn, send) => {
      const reply = await send();
      if (kindOf(txn) === 'take') {
        takings += 1;
        // Its deadline has passed: a beat without the token may be on its way by now.
        if (takings === 1) a.elector.withdrawn('g');
      }
      return reply;
    };
    a.start();
    const { proof } = await a.until('taken');
    t.equal(takings, 2, 'but by a second taking');
    t.equal((await hand.get(proof.token.key))?.createRevision, proof.token.createRevision);
  },
);

/** How many tokens a heartbeat lists. */
function listedBy(kv: KeyValue | undefined): number | undefined {
  const tokens = decodeBeat(kv?.value ?? '')?.tokens;
  return typeof tokens === 'string' ? undefined : tokens?.length;
}

await t.test(
  'a taking that is answered when its group has left: given up, and another takes',
  { timeout: 30_000 },
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a');
    const answered = new Promise<void>((resolve) => {
      a.store.onTxn = async (txn, send) => {
        const reply = await send();
        if (kindOf(txn) === 'take') {
          // What a reload does that finds nothing held.
          a.elector.setCandidate('g', false);
          a.elector.withdrawn('g');
          a.elector.removeGroup('g');
          resolve();
        }
        return reply;
      };
    });
    a.start();
    await answered;
    const b = node('b').start();
    await b.until('taken');
    t.equal(a.holds.length, 0, 'never held');
    t.match(await hand.record(), { state: 'held', node: 'b' });
    t.equal(listedBy(await hand.get(hand.keys.node('a'))), 0, 'unlisted');
    const queue = await hand.under(`${hand.keys.election('g')}/`);
    t.strictSame(
      queue.map(({ value }) => value),
      ['b'],
      'its key is gone',
    );
  },
);

await t.test(
  'rule 8 [A3]: a taking whose reply was lost and that is not wanted any more is given up',
  { timeout: 30_000 },
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a');
    let lost = false;
    a.store.onTxn = async (txn, send) => {
      if (lost || kindOf(txn) !== 'take') return send();
      lost = true;
      const reply = loseReply(send);
      // A link fault, just then: before the retake.
      a.elector.setCandidate('g', false);
      return reply;
    };
    a.start();
    const { token, reason } = await a.until('lost');
    t.equal(reason, 'lease-lost');
    t.match(await hand.record(), { state: 'held', node: 'a', token }, 'it was applied');
    const b = node('b').start();
    await a.until('withdrawn');
    await b.until('taken');
    const queue = await hand.under(`${hand.keys.election('g')}/`);
    t.strictSame(
      queue.map(({ value }) => value),
      ['b'],
      'the key of the one that gave up is dequeued',
    );
    t.equal(listedBy(await hand.get(hand.keys.node('a'))), 0, 'unlisted');
    t.equal(a.holds.length, 0, 'never held');
    t.match(await hand.record(), { state: 'held', node: 'b' });
    t.strictSame(overlaps([a, b]), []);
    a.elector.setCandidate('g', true);
    await a.when(() => a.queue.some(({ mine }) => mine));
    t.equal(b.isHolding(), true, 'it may stand again, behind');
  },
);
