import { spawn } from 'node:child_process';
import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { isOurLease } from '../../src/election/keys.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from '../../src/election/promise.ts';
import { StoreError } from '../../src/election/store.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { TAKEOVER_MS, TIMING } from '../fixtures/fast-timing.ts';
import { Gate } from '../fixtures/gate.ts';
import { Hand } from '../fixtures/hand.ts';
import { overlaps } from '../fixtures/hold.ts';
import { freshMemory, MemoryJournal } from '../fixtures/memory-journal.ts';
import { TestNode, type NodeOptions } from '../fixtures/test-node.ts';
import { kindOf } from '../fixtures/wrapped-store.ts';
import { openStore, within } from '../fixtures/etcd-store.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { endpoints } = cluster;
const { store } = openStore(t, endpoints);

type Tap = typeof t;
let prefixes = 0;

/** A prefix of its own, its last hold released, and a way to make nodes there. */
async function election(t: Pick<Tap, 'teardown'>, { seed = true } = {}) {
  prefixes += 1;
  const prefix = `/t${prefixes}`;
  const hand = new Hand(store, prefix);
  if (seed) await hand.seedReleased();
  const nodes: TestNode[] = [];
  const node = (name: string, options: Partial<NodeOptions> = {}): TestNode => {
    const made = new TestNode(t, { name, prefix, endpoints, ...options });
    nodes.push(made);
    return made;
  };
  /** Starts the nodes one behind the other in the queue. */
  const queueUp = async (...names: string[]): Promise<TestNode[]> => {
    const started: TestNode[] = [];
    for (const name of names) {
      const next = node(name).start();
      await next.when(() => next.queue.some(({ mine }) => mine));
      started.push(next);
    }
    await started[0]?.until('taken');
    return started;
  };
  return { prefix, hand, nodes, node, queueUp };
}

await t.test('three nodes elect one, by etcd’s order, and no two hold at once', async (t) => {
  const { hand, nodes, node } = await election(t);
  for (const name of ['a', 'b', 'c']) node(name).start();
  const first = await Promise.any(nodes.map(async (each) => (await each.until('taken'), each)));
  for (const each of nodes) await each.when(() => each.queue.length === 3);
  t.strictSame(
    first.queue.map(({ mine }) => mine),
    [true, false, false],
  );
  await first.until('proved');
  t.match(await hand.record(), { state: 'held', node: first.name, ceilingMs: TIMING.holdForMs });
  t.equal(nodes.flatMap(({ holds }) => holds).length, 1);
  t.strictSame(overlaps(nodes), []);
});

await t.test('rule 13: a release hands over at once, the queue moves up', async (t) => {
  const { hand, nodes, queueUp } = await election(t);
  const [a, b, c] = await queueUp('a', 'b', 'c');
  await a?.release();
  t.match(await hand.record(), { token: { key: /elections/ } });
  const taken = await b?.until('taken');
  const released = nodes[0]?.holds[0]?.to ?? 0;
  t.ok((taken?.proof.sentAt ?? 0) >= released, 'after it was withdrawn');
  t.ok((taken?.proof.sentAt ?? 0) < released + TAKEOVER_MS, 'without a wait');
  t.equal(c?.holds.length, 0);
  t.strictSame(overlaps(nodes), []);
});

await t.test(
  'rule 11: a silent holder is deposed, not before takeoverAfter of its promise',
  async (t) => {
    const { hand, nodes, queueUp } = await election(t);
    const [a, b] = await queueUp('a', 'b');
    await a?.until('proved');
    await a?.crash();
    const taken = await b?.until('taken');
    const last = a?.heard.findLast((each) => each.type === 'proved');
    const sentAt = last?.type === 'proved' ? last.proof.sentAt : Number.NaN;
    t.ok((taken?.proof.sentAt ?? 0) >= sentAt + TAKEOVER_MS);
    t.ok((taken?.proof.sentAt ?? 0) >= (a?.holds[0]?.to ?? Infinity), 'the safety bound');
    t.match(await hand.record(), { state: 'held', node: 'b' });
    t.strictSame(overlaps(nodes), []);
  },
);

await t.test(
  'rule 7 [A7]: the dead behind a silent holder go in the same transaction',
  async (t) => {
    const { hand, nodes, queueUp, node } = await election(t);
    // Idle nodes announce a beat every 3 s: these announce that they beat as fast as a holder.
    const [a, b] = await queueUp('a', 'b');
    await b?.crash();
    const c = node('c', { timing: { leaseTtlMs: 60_000 } }).start();
    await c.when(() => c.queue.length === 3);
    // b counts as dead 1.2 × 3250 + 750 ms after its last beat; its lease, kept alive here, stands.
    const lease = b?.journal.memory.leaseId ?? '';
    const alive = setInterval(() => void store.keepAlive(lease, within()), 500);
    t.teardown(() => clearInterval(alive));
    await systemClock.sleep(5000);
    await a?.crash();
    const held = setInterval(
      () => void store.keepAlive(a?.journal.memory.leaseId ?? '', within()),
      500,
    );
    t.teardown(() => clearInterval(held));
    await c.until('taken');
    const depose = c.store.sent.filter(({ success }) => success.some(({ op }) => op === 'delete'));
    t.strictSame(
      depose.at(-1)?.success.filter(({ op }) => op === 'delete').length,
      2,
      'both keys in one',
    );
    t.match(await hand.record(), { state: 'held', node: 'c' });
    t.strictSame(overlaps(nodes), []);
  },
);

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
    const node = (name: string) => new TestNode(t, { name, prefix, endpoints, groups });
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
        const key = txn.compares.find((each) => each.target === 'create')?.key;
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
    const group = await lost;
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
  'rule 8: the taking after a silence compares the heartbeat that was silent',
  async (t) => {
    const { hand, queueUp } = await election(t);
    const [a, b] = await queueUp('a', 'b');
    await a?.until('proved');
    await a?.crash();
    const [key] = await hand.under(hand.keys.elections);
    await hand.delete(key?.key ?? '');
    const last = await hand.get(hand.keys.node('a'));
    await b?.until('taken');
    const taking = b?.store.sent.findLast((txn) => kindOf(txn) === 'take');
    const { key: silent, modRevision: value } = last ?? { key: '', modRevision: 0 };
    t.strictSame(taking?.compares.at(-1), { key: silent, target: 'mod', op: '=', value });
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

await t.test(
  '[H5] a record deleted by hand ends the hold, and the longest promise is waited out',
  async (t) => {
    const { hand, nodes, queueUp } = await election(t);
    const [a, b] = await queueUp('a', 'b');
    await a?.until('proved');
    await hand.delete(hand.keys.holder('g'));
    t.match(await a?.until('lost'), {
      reason: 'deposed',
      detail: 'the record says nothing by nobody',
    });
    await a?.until('withdrawn');
    const forMs = 2 * TAKEOVER_MS;
    await systemClock.sleep(forMs);
    t.equal(nodes.flatMap(({ holds }) => holds).length, 1, 'nobody took it meanwhile');
    t.ok(LONGEST_TAKEOVER_AFTER_MS > forMs);
    t.equal(b?.isHolding(), false);
  },
);

await t.test(
  '[H8] etcdctl elect waits behind us and sees our leader; we wait behind it',
  async (t) => {
    const { hand, nodes, queueUp, node } = await election(t);
    const [a] = await queueUp('a');
    const name = hand.keys.election('g');
    const env = { ...process.env, ETCDCTL_API: '3' };
    const [endpoint = ''] = endpoints;
    const elect = (...args: string[]) =>
      spawn('etcdctl', [`--endpoints=${endpoint}`, 'elect', ...args], { env });
    const listen = elect('-l', name);
    t.teardown(() => listen.kill('SIGKILL'));
    const [seen] = (
      await new Promise<string>((resolve) => {
        let text = '';
        listen.stdout.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (text.split('\n').length > 2) resolve(text);
        });
      })
    )
      .split('\n')
      .slice(1);
    t.equal(seen, 'a', 'the value of the leader key');
    const foreigner = elect(name, 'it');
    t.teardown(() => foreigner.kill('SIGKILL'));
    await a?.when(() => a.queue.length === 2);
    t.strictSame(
      a?.queue.map(({ mine, foreign, node }) => [mine, foreign, node]),
      [
        [true, false, 'a'],
        [false, true, 'it'],
      ],
    );
    const b = node('b').start();
    await b.when(() => b.queue.length === 3);
    await a?.release();
    await b.when(() => b.queue[0]?.foreign === true && b.queue.length === 2);
    for (;;) {
      const record = await hand.record();
      if (record?.state === 'foreign') {
        t.match(record, { node: 'it' });
        t.notOk(isOurLease(record.token.key.slice(record.token.key.lastIndexOf('/') + 1)));
        break;
      }
    }
    foreigner.kill('SIGINT');
    await b.when(() => b.queue[0]?.mine === true);
    t.equal(b.holds.length, 0, 'the longest wait has begun');
    t.strictSame(overlaps(nodes), []);
  },
);

await t.test(
  'rule 16: a look back in time is heeded though the lease is gone before the next look',
  async (t) => {
    const { queueUp } = await election(t);
    const [a] = await queueUp('a');
    await a?.until('proved');
    if (a === undefined) throw new Error('there is a node');
    const reads = new Gate();
    let lied = false;
    a.store.onTxn = async (txn, send) => {
      if (kindOf(txn) === 'read') await reads.opened;
      const reply = await send();
      if (kindOf(txn) !== 'beat' || lied) return reply;
      lied = true;
      return { ...reply, header: { ...reply.header, revision: 1 } };
    };
    await a.untilEvent('beat-failed', ({ code }) => code === 'FAILED_PRECONDITION');
    await store.revokeLease(a.journal.memory.leaseId ?? '', within());
    await a.untilEvent('beat-failed', ({ code }) => code === 'NOT_FOUND');
    reads.open();
    await a.untilEvent('etcd-regressed');
    t.ok(a.journal.saved.quietUntil >= systemClock.now(), 'it takes nothing for now');
    t.equal(a.failure, undefined);
  },
);

await t.test(
  '[H8] a candidate on a lease with a negative ID is foreign, and ends nothing',
  { timeout: 60_000 },
  async (t) => {
    const { hand, queueUp } = await election(t);
    const [a] = await queueUp('a');
    const lease = 'ffffffffffffffb3';
    await store.grantLease(lease, 60, within());
    await hand.put(`${hand.keys.election('g')}/${lease}`, 'it', lease);
    await a?.when(() => a.queue.length === 2);
    t.strictSame(
      a?.queue.map(({ node, mine, foreign, leaseId }) => [node, mine, foreign, leaseId]).at(1),
      ['it', false, true, lease],
    );
    const from = a?.heard.length ?? 0;
    await a?.until('proved', () => true, from);
    await a?.release();
    a?.elector.setCandidate('g', true);
    await a?.when(() => a.queue.length === 2 && a.queue[0]?.foreign === true);
    while ((await hand.record())?.state !== 'foreign') await systemClock.sleep(20);
    t.match(await hand.record(), { node: 'it' });
    t.equal(a?.isHolding(), false);
    await store.revokeLease(lease, within());
    await a?.when(() => a.queue[0]?.mine === true);
    t.equal(a?.failure, undefined);
  },
);

await t.test('[H13] a key without a lease is warned about and ignored', async (t) => {
  const { hand, queueUp } = await election(t);
  await hand.put(`${hand.keys.election('g')}/by-hand`, 'me');
  const [a] = await queueUp('a');
  await a?.untilEvent('leaseless-candidate');
  t.equal(a?.isHolding(), true);
  t.equal(a?.events.filter(({ type }) => type === 'leaseless-candidate').length, 1);
});

await t.test(
  'rule 2: a second node with our name refuses, says so, and stands when we are gone',
  async (t) => {
    const { prefix, nodes, node, queueUp } = await election(t);
    const [a] = await queueUp('a');
    const twin = node('a').start();
    t.match(await twin.until('barred'), { reason: 'name-conflict' });
    const from = a?.heard.length ?? 0;
    await a?.until('proved', () => true, from);
    t.equal(twin.holds.length, 0);
    t.equal(a?.isHolding(), true, `${prefix}: the first is not disturbed`);
    await a?.stop();
    await twin.until('barred', ({ reason }) => reason === undefined);
    await twin.until('taken');
    t.strictSame(overlaps(nodes.slice(0, 1)), []);
  },
);

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
    const again = node('a', { journal: new MemoryJournal({ ...saved, tokens: [] }) }).start();
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

await t.test('rule 8 [H5]: the very first start waits the longest promise', async (t) => {
  const { node } = await election(t, { seed: false });
  const a = node('a').start();
  await a.when(() => a.queue[0]?.mine === true);
  await systemClock.sleep(2 * TAKEOVER_MS);
  t.equal(a.holds.length, 0);
});
