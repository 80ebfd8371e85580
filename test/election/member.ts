import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { decodeBeat } from '../../src/election/beat.ts';
import { StoreError, type KeyValue, type Txn } from '../../src/election/store.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { TIMING } from '../fixtures/fast-timing.ts';
import { Hand } from '../fixtures/hand.ts';
import { overlaps } from '../fixtures/hold.ts';
import { Latch } from '../fixtures/latch.ts';
import { freshMemory, MemoryJournal } from '../fixtures/memory-journal.ts';
import { TestNode, type NodeOptions } from '../fixtures/test-node.ts';
import { kindOf, loseReply } from '../fixtures/wrapped-store.ts';
import { openStore } from '../fixtures/etcd-store.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { endpoints } = cluster;
const { store } = openStore(t, endpoints);

let prefixes = 0;

async function election(t: { teardown(handler: () => unknown): void }) {
  prefixes += 1;
  const prefix = `/m${prefixes}`;
  const hand = new Hand(store, prefix);
  await hand.seedReleased();
  const node = (name: string, options: Partial<NodeOptions> = {}): TestNode =>
    new TestNode(t, { name, prefix, endpoints, ...options });
  return { hand, node };
}

type Kind = ReturnType<typeof kindOf>;

/** How many tokens a heartbeat lists. */
function listedBy(kv: KeyValue | undefined): number | undefined {
  const tokens = decodeBeat(kv?.value ?? '')?.tokens;
  return typeof tokens === 'string' ? undefined : tokens?.length;
}

/** The first transaction of the kind is applied and its reply lost. */
function loseFirst(node: TestNode, kind: Kind): Promise<Txn> {
  return new Promise((resolve) => {
    let lost = false;
    node.store.onTxn = async (txn, send) => {
      if (lost || kindOf(txn) !== kind) return send();
      lost = true;
      resolve(txn);
      return loseReply(send);
    };
  });
}

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

await t.test('rule 1 [H13]: an enqueueing whose reply was lost stands once', async (t) => {
  const { hand, node } = await election(t);
  const a = node('a');
  const lost = loseFirst(a, 'enqueue');
  a.start();
  await lost;
  await a.until('taken');
  t.equal((await hand.under(hand.keys.elections)).length, 1);
  const { seq } = (await hand.record()) ?? { seq: 0 };
  t.ok(seq > 1);
});

await t.test('rule 11: a deposing whose reply was lost has deposed', async (t) => {
  const { hand, node } = await election(t);
  const a = node('a').start();
  await a.until('proved');
  const b = node('b').start();
  await b.when(() => b.queue.length === 2);
  const lost = loseFirst(b, 'release');
  await a.crash();
  const txn = await lost;
  t.match(txn.success.at(-1), { value: /"state":"deposed"/ });
  await b.until('taken');
  t.match(await hand.record(), { state: 'held', node: 'b' });
  t.strictSame(overlaps([a, b]), []);
});

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

await t.test(
  'rule 6: the key stays while the addresses do not come off, and keeps others waiting',
  async (t) => {
    const { hand, node } = await election(t);
    const a = node('a').start();
    await a.until('proved');
    const b = node('b').start();
    await b.when(() => b.queue.length === 2);
    a.withdraws = false;
    await hand.put(hand.keys.holder('g'), JSON.stringify(await hand.record()));
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
