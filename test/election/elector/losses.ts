// Keys, leases and records that somebody changes by hand.
import t from 'tap';
import { systemClock } from '../../../src/clock.ts';
import { LONGEST_TAKEOVER_AFTER_MS, takeoverAfterMs } from '../../../src/election/promise.ts';
import { StoreError } from '../../../src/election/store.ts';
import { startElections } from '../../fixtures/election.ts';
import { within } from '../../fixtures/etcd-store.ts';
import { TAKEOVER_MS, TIMING } from '../../fixtures/fast-timing.ts';
import { Hand } from '../../fixtures/hand.ts';
import { overlaps } from '../../fixtures/hold.ts';
import { TestNode } from '../../fixtures/test-node.ts';
import { kindOf } from '../../fixtures/wrapped-store.ts';

const { election, endpoints, store } = await startElections(t);

await t.test(
  'rule 3: a candidate key deleted by hand is a loss; nobody takes within the promise',
  async (t) => {
    const { hand, nodes, queueUp } = await election(t);
    const [a, b] = await queueUp('a', 'b');
    await a?.until('proved');
    const [key] = await hand.under(hand.keys.elections);
    await hand.delete(key?.key ?? '');
    t.match(await a?.until('lost'), { reason: 'lease-lost', detail: 'the candidate key is gone' });
    await b?.until('taken');
    await a?.when(() => a.queue.some(({ mine }) => mine) && a.queue[0]?.mine === false);
    t.equal(a?.queue.at(-1)?.mine, true, 'it stands again, at the end');
    t.strictSame(overlaps(nodes), []);
  },
);

await t.test(
  'rule 8: a holder of ten groups that cannot see that a key is gone is waited for',
  async (t) => {
    const groups = Array.from({ length: 10 }, (_, at) => ({ name: `g${at}` }));
    const prefix = '/ten';
    const hand = new Hand(store, prefix);
    for (const { name } of groups) await hand.seedReleased(name);
    // A round of ten beats is longer than the takeover, and a hold outlasts what a busy machine does.
    const timing = {
      heartbeatEveryMs: 600,
      requestDeadlineMs: 2000,
      holdForMs: 4500,
      takeoverAfterMs: takeoverAfterMs(4500, TIMING.fenceLatencyMs),
      leaseTtlMs: 15_000,
    };
    const node = (name: string) => new TestNode(t, { name, prefix, endpoints, groups, timing });
    const [a, b] = [node('a'), node('b')];
    a.start();
    for (const { name } of groups) await a.until('proved', ({ group }) => group === name);
    b.start();
    await b.when(() => b.queue.length === 2);
    // It does not see that it has lost the key of the group whose turn has just been.
    const lost = new Promise<string>((resolve, reject) => {
      let deleted = false;
      a.store.onTxn = async (txn, send) => {
        const kind = kindOf(txn);
        if (kind === 'read') throw new StoreError('UNAVAILABLE', '', 'the test cuts it');
        const reply = await send();
        const key = txn.compares.find((each) => each.key.startsWith(hand.keys.elections))?.key;
        const ranged = txn.compares.some((each) => 'prefix' in each);
        if (deleted || kind !== 'beat' || !ranged || !reply.succeeded || key === undefined) {
          return reply;
        }
        deleted = true;
        const group = key.slice(hand.keys.elections.length).split('/')[0] ?? '';
        hand.delete(key).then(() => resolve(group), reject);
        return reply;
      };
    });
    // With its reads cut it would not come back: nothing to wait for then.
    const early = a
      .until('expired')
      .then(() => Promise.reject(new Error('expired before the loss')));
    const group = await Promise.race([lost, early]);
    const from = a.heard.length;
    await a.until('proved', (each) => each.group === group, from);
    t.match(await a.until('lost'), { group, reason: 'lease-lost' }, 'by its turn in the beats');
    await b.until('taken', (each) => each.group === group);
    t.strictSame(overlaps([a, b]), []);
    t.equal(b.holds.length, 1, 'the other groups stay');
  },
);

await t.test(
  'rule 3: a complete read that misses the key is a loss, before the next beat',
  async (t) => {
    const { hand, queueUp } = await election(t);
    const [a] = await queueUp('a', 'b');
    await a?.until('proved');
    if (a !== undefined) {
      a.store.onTxn = (txn, send) =>
        kindOf(txn) === 'beat'
          ? Promise.reject(new StoreError('UNAVAILABLE', '', 'the test cuts it'))
          : send();
    }
    const [key] = await hand.under(hand.keys.elections);
    await hand.delete(key?.key ?? '');
    t.match(await a?.until('lost'), { reason: 'lease-lost', detail: 'the candidate key is gone' });
  },
);

await t.test(
  'rule 16: a beat that finds an older one of its own ends the hold, and nothing is taken',
  async (t) => {
    const { hand, queueUp } = await election(t);
    const [a] = await queueUp('a');
    await a?.until('proved');
    const stored = await hand.get(hand.keys.node('a'));
    if (a !== undefined && stored !== undefined) {
      a.store.onTxn = async (txn, send) => {
        if (kindOf(txn) !== 'beat') return send();
        // As an etcd answers that was restored to before the last beat, its revision beyond all known.
        const { header } = await store.txn(
          { compares: [], success: txn.failure, failure: [] },
          within(),
        );
        const results = txn.failure.map(() => ({ kvs: [{ ...stored, modRevision: 1 }], count: 1 }));
        return { succeeded: false, header, results };
      };
    }
    t.match(await a?.until('lost'), { detail: /is there as of 1$/ });
    await a?.untilEvent('etcd-regressed');
    t.ok((a?.journal.memory.quietUntil ?? 0) > systemClock.now());
  },
);

await t.test('[H4] a node key deleted by hand is written again and nothing moves', async (t) => {
  const { hand, nodes, queueUp } = await election(t);
  const [a, b] = await queueUp('a', 'b');
  await a?.until('proved');
  await hand.delete(hand.keys.node('a'));
  const from = a?.heard.length ?? 0;
  await a?.until('proved', () => true, from);
  t.ok(await hand.get(hand.keys.node('a')));
  t.equal(a?.isHolding(), true);
  t.equal(b?.holds.length, 0);
  t.strictSame(overlaps(nodes), []);
});

await t.test(
  'a lease revoked by hand is a loss; another is taken and the node stands again',
  async (t) => {
    const { nodes, queueUp } = await election(t);
    const [a, b] = await queueUp('a', 'b');
    await a?.until('proved');
    const lease = a?.journal.memory.leaseId ?? '';
    await store.revokeLease(lease, within());
    t.match(await a?.until('lost'), { reason: 'lease-lost' });
    // By its beats, long before the next keep-alive would have said so.
    await a?.when(() => a.journal.memory.leaseId !== lease);
    await b?.until('taken');
    await a?.when(() => a.queue.some(({ mine }) => mine));
    t.not(a?.journal.memory.leaseId, lease);
    t.strictSame(overlaps(nodes), []);
  },
);

await t.test(
  'a record overwritten by hand ends the hold: the reason says who did it',
  async (t) => {
    const { hand, nodes, queueUp } = await election(t);
    const [a] = await queueUp('a', 'b');
    await a?.until('proved');
    const record = await hand.record();
    await hand.put(
      hand.keys.holder('g'),
      JSON.stringify({ ...record, state: 'released', by: 'me' }),
    );
    t.match(await a?.until('lost'), {
      reason: 'deposed',
      detail: 'the record says released by me',
    });
    await a?.until('taken', () => true, a.heard.length);
    t.strictSame(overlaps(nodes), []);
  },
);

await t.test('a record deleted by hand is written anew, and nothing moves', async (t) => {
  const { hand, nodes, queueUp } = await election(t);
  const [a, b] = await queueUp('a', 'b');
  await a?.until('proved');
  const before = await hand.record();
  await hand.delete(hand.keys.holder('g'));
  await a?.untilEvent('claim-renewed');
  const record = await hand.record();
  t.strictSame(record, { ...before, seq: record?.seq, changedMs: record?.changedMs });
  const from = a?.heard.length ?? 0;
  await a?.until('proved', () => true, from);
  t.equal(a?.holds.length, 1);
  t.equal(a?.isHolding(), true);
  t.equal(b?.holds.length, 0);
  t.strictSame(overlaps(nodes), []);
});

await t.test(
  '[H5] record and key deleted by hand end the hold, and the longest promise is waited out',
  async (t) => {
    const { hand, nodes, queueUp } = await election(t);
    const [a, b] = await queueUp('a', 'b');
    await a?.until('proved');
    const [own] = await hand.under(hand.keys.elections);
    await hand.delete(hand.keys.holder('g'), own?.key ?? '');
    await a?.until('lost');
    await a?.until('withdrawn');
    const forMs = 2 * TAKEOVER_MS;
    await systemClock.sleep(forMs);
    t.equal(nodes.flatMap(({ holds }) => holds).length, 1, 'nobody took it meanwhile');
    t.ok(LONGEST_TAKEOVER_AFTER_MS > forMs);
    t.equal(b?.isHolding(), false);
  },
);
