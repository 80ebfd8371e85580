// What a node does after etcd said no, or nothing: it claims no more than it knows, and asks slowly.
import t from 'tap';
import { elapsedMs, systemClock, type Instant } from '../../src/clock.ts';
import { decodeBeat } from '../../src/election/beat.ts';
import { StoreError, type StoreErrorCode } from '../../src/election/store.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { TIMING } from '../fixtures/fast-timing.ts';
import { Hand } from '../fixtures/hand.ts';
import { TestNode } from '../fixtures/test-node.ts';
import { kindOf, loseFirst } from '../fixtures/wrapped-store.ts';
import { openStore, within } from '../fixtures/etcd-store.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { endpoints } = cluster;
const { store } = openStore(t, endpoints);

/** So many takings are refused. */
const REFUSED = 5;
/** 100 ms, doubled with each refusal: 200 + 400 + 800 + 1600 ms lie between five of them. */
const REFUSED_LAST_MS = 3000;

/** From one try to the next to write down a leader that the record does not show. */
const MARKED_AGAIN_MS = 5000;

/** A node whose takings etcd answers with this, until it is told otherwise. */
async function refusedNode(t: { teardown(handler: () => unknown): void }, code: StoreErrorCode) {
  const prefix = `/refused-${code.toLowerCase()}`;
  const hand = new Hand(store, prefix);
  await hand.seedReleased();
  const node = new TestNode(t, { name: 'a', prefix, endpoints });
  const takings: Instant[] = [];
  let refuses = true;
  const last = new Promise<void>((resolve) => {
    node.store.onTxn = (txn, send) => {
      if (kindOf(txn) !== 'take') return send();
      takings.push(systemClock.now());
      // Once the refusal has been dealt with, not before.
      if (takings.length === REFUSED) setImmediate(resolve);
      return refuses ? Promise.reject(new StoreError(code, '', 'refused')) : send();
    };
  });
  return { hand, node, takings, last, allow: () => (refuses = false) };
}

for (const code of ['RESOURCE_EXHAUSTED', 'PERMISSION_DENIED'] as const) {
  await t.test(`rule 9: a taking refused with ${code} claims nothing, and backs off`, async (t) => {
    const { hand, node, takings, last, allow } = await refusedNode(t, code);
    node.start();
    await last;
    const [first, fifth] = [takings[0]!, takings.at(-1)!];
    // Only too little can be wrong: a slow machine makes it longer.
    t.ok(elapsedMs(first, fifth) >= REFUSED_LAST_MS, `${elapsedMs(first, fifth)} ms`);
    t.strictSame(
      node.heard.map(({ type }) => type),
      [],
      'nothing was taken, so nothing is lost',
    );
    t.strictSame(node.journal.memory.tokens, [], 'nothing is listed');
    const beat = decodeBeat((await hand.get(hand.keys.node('a')))?.value ?? '');
    t.strictSame(beat?.tokens, []);
    t.match(await hand.record(), { state: 'released' });
    t.equal(node.queue[0]?.mine, true, 'it stands all the same');
    allow();
    await node.until('taken');
    await node.until('proved');
    t.match(await hand.record(), { state: 'held', node: 'a' });
  });
}

await t.test(
  'rule 9: a right that ran out while etcd was full is retaken by the same token',
  async (t) => {
    const prefix = '/full';
    const hand = new Hand(store, prefix);
    await hand.seedReleased();
    const a = new TestNode(t, { name: 'a', prefix, endpoints }).start();
    const { token } = (await a.until('proved')).proof;
    let full = true;
    const refused = new Promise<void>((resolve) => {
      let takings = 0;
      a.store.onTxn = (txn, send) => {
        const puts = txn.success.some(({ op }) => op === 'put');
        if (!full || !puts) return send();
        if (kindOf(txn) === 'take') takings += 1;
        if (takings === 3) setImmediate(resolve);
        return Promise.reject(new StoreError('RESOURCE_EXHAUSTED', '', 'no space'));
      };
    });
    // By the clock, and its addresses are off: the token is neither lost nor given up.
    a.elector.withdrawn('g');
    await refused;
    t.match(a.journal.memory.tokens, [{ group: 'g', token }], 'it is not forgotten');
    t.ok(await hand.get(token.key), 'nor is its key deleted, which a full etcd allows');
    const from = a.heard.length;
    full = false;
    const taken = await a.until('taken', () => true, from);
    t.strictSame(taken.proof.token, token);
  },
);

await t.test('a refusal that is over does not slow down what fails later on the way', async (t) => {
  const { node, takings, last, allow } = await refusedNode(t, 'NOT_FOUND');
  node.start();
  await last;
  allow();
  await node.until('taken');
  await node.release();
  let failures = 0;
  const again: Instant[] = [];
  node.store.onTxn = async (txn, send) => {
    if (kindOf(txn) !== 'take') return send();
    again.push(systemClock.now());
    failures += 1;
    if (failures > 1) return send();
    throw new StoreError('RESOURCE_EXHAUSTED', '', 'refused');
  };
  node.elector.setCandidate('g', true);
  const from = node.heard.length;
  await node.until('taken', () => true, from);
  t.equal(takings.length, REFUSED + 1);
  t.equal(again.length, 2, 'one refusal, counted anew');
});

await t.test(
  'rule 8 [A3]: a refusal says nothing of an earlier taking without a reply',
  async (t) => {
    const { hand, node } = await refusedNode(t, 'UNAUTHENTICATED');
    let seen = 0;
    node.store.onTxn = async (txn, send) => {
      if (kindOf(txn) !== 'take') return send();
      seen += 1;
      if (seen === 1) {
        await send();
        throw new StoreError('DEADLINE_EXCEEDED', '', 'the reply is lost');
      }
      if (seen > 2) return send();
      t.equal(node.journal.memory.tokens.length, 1, 'listed: it may have been applied');
      throw new StoreError('UNAUTHENTICATED', '', 'refused');
    };
    node.start();
    const { proof } = await node.until('taken');
    t.equal(seen, 3);
    t.strictSame((await hand.record())?.token, proof.token, 'taken again by the same token');
    t.notOk(node.heard.some(({ type }) => type === 'lost'));
    t.ok(TIMING.holdForMs >= elapsedMs(proof.sentAt, proof.deadline));
  },
);

await t.test('rule 1 [H13]: an enqueueing whose reply was lost stands once', async (t) => {
  const prefix = '/enqueue-lost';
  const hand = new Hand(store, prefix);
  await hand.seedReleased();
  const a = new TestNode(t, { name: 'a', prefix, endpoints });
  const lost = loseFirst(a, 'enqueue');
  a.start();
  await lost;
  await a.until('taken');
  t.equal((await hand.under(hand.keys.elections)).length, 1);
  const { seq } = (await hand.record()) ?? { seq: 0 };
  t.ok(seq > 1);
});

await t.test(
  '[H8] a foreign leader that the record cannot show is written with pauses',
  async (t) => {
    const prefix = '/unshowable';
    const hand = new Hand(store, prefix);
    const lease = '7fac1';
    await store.grantLease(lease, 60, within());
    // Longer than what a record may say of a key.
    await hand.put(`${hand.keys.election('g')}/${'x'.repeat(600)}`, 'it', lease);
    const node = new TestNode(t, { name: 'a', prefix, endpoints });
    const marks: Instant[] = [];
    await new Promise<void>((resolve) => {
      node.store.onTxn = (txn, send) => {
        if (txn.success.some(({ key }) => key === hand.keys.holder('g'))) {
          marks.push(systemClock.now());
          if (marks.length === 3) setImmediate(resolve);
        }
        return send();
      };
      node.start();
    });
    t.ok(elapsedMs(marks[1]!, marks[2]!) >= MARKED_AGAIN_MS, 'only too little can be wrong');
  },
);
