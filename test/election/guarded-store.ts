import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { GuardedStore } from '../../src/election/guarded-store.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from '../../src/election/promise.ts';
import type { Store, TxnReply } from '../../src/election/store.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { Hand } from '../fixtures/hand.ts';
import { overlaps } from '../fixtures/hold.ts';
import { freshMemory } from '../fixtures/memory-journal.ts';
import { TestNode } from '../fixtures/test-node.ts';
import { etcdctl, openStore, txn, within } from '../fixtures/etcd-store.ts';

/** Answers with the headers that a test puts into it, when the test says so. */
function answering() {
  const pending: ((reply: TxnReply) => void)[] = [];
  const answer = (revision: number, clusterId = '1', at = 0): void => {
    const [resolve] = pending.splice(at, 1);
    resolve?.({ succeeded: true, header: { clusterId, revision }, results: [] });
  };
  const store = { txn: () => new Promise((resolve) => pending.push(resolve)) } as unknown as Store;
  return { store, answer };
}

await t.test('rule 16: what is known is kept for the state file', async (t) => {
  const { store, answer } = answering();
  const memory = freshMemory();
  const guarded = new GuardedStore(store, memory, () => t.fail());
  const call = guarded.txn(txn({}), within());
  answer(7);
  await call;
  t.match(memory, { clusterId: '1', highestRevision: 7 });
});

await t.test('rule 16: replies that overtake each other are no look back', async (t) => {
  const { store, answer } = answering();
  const memory = freshMemory({ clusterId: '1', highestRevision: 5 });
  const guarded = new GuardedStore(store, memory, () => t.fail());
  const calls = [guarded.txn(txn({}), within()), guarded.txn(txn({}), within())];
  answer(9, '1', 1);
  answer(6);
  await Promise.all(calls);
  t.equal(memory.highestRevision, 9);
});

await t.test(
  'rule 16: a revision lower than the highest known at the sending is one',
  async (t) => {
    const { store, answer } = answering();
    const memory = freshMemory({ clusterId: '1', highestRevision: 5 });
    const told: string[] = [];
    const guarded = new GuardedStore(store, memory, (detail) => told.push(detail));
    const call = guarded.txn(txn({}), within());
    answer(4);
    await t.rejects(call, { name: 'RegressionError' });
    t.strictSame(told, ['revision was 5, is 4']);
    t.equal(memory.highestRevision, 4, 'what counts from now on');
  },
);

await t.test('rule 16: another cluster is one, whatever its revision', async (t) => {
  const { store, answer } = answering();
  const memory = freshMemory({ clusterId: '1', highestRevision: 5 });
  const told: string[] = [];
  const guarded = new GuardedStore(store, memory, (detail) => told.push(detail));
  const call = guarded.txn(txn({}), within());
  answer(50, '2');
  await t.rejects(call, { name: 'RegressionError' });
  t.strictSame(told, ['cluster ID was 1, is 2']);
  t.equal(memory.clusterId, '2');
});

await t.test(
  'rule 16 [H10]: after etcd was restored all is lost, and nothing taken for the longest wait',
  async (t) => {
    const dir = t.testdir();
    const cluster = await startCluster({ size: 1, dir });
    t.teardown(() => cluster.stop());
    const [member] = cluster.members;
    const { endpoints } = cluster;
    const [endpoint = ''] = endpoints;
    const { store } = openStore(t, endpoints);
    const hand = new Hand(store, '/t');
    await hand.seedReleased();
    const node = (name: string) =>
      new TestNode(t, { name, prefix: '/t', endpoints, timing: { holdForMs: 10_000 } });
    const a = node('a').start();
    await a.until('proved');
    const b = node('b').start();
    await b.when(() => b.queue.length === 2);
    const lease = a.journal.memory.leaseId;
    const file = join(dir, 'snapshot');
    etcdctl(endpoint, 'snapshot', 'save', file);
    // So that the restored revision is lower for sure.
    for (let at = 0; at < 20; at += 1) await hand.put('filler', String(at));
    const { modRevision = 0 } = (await hand.get('filler')) ?? {};
    // Who has seen nothing newer than the snapshot cannot notice (rule 16).
    for (const each of [a, b]) {
      await each.when(() => each.journal.memory.highestRevision >= modRevision);
    }
    await member?.stop();
    await rm(member?.dataDir ?? '', { recursive: true });
    const peer = member?.peerUrl ?? '';
    etcdctl(
      endpoint,
      'snapshot',
      'restore',
      file,
      '--name=e0',
      `--data-dir=${member?.dataDir}`,
      `--initial-cluster=e0=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
    );
    await member?.start();
    const lost = await a.until('lost');
    t.equal(lost.reason, 'lease-lost');
    await a.untilEvent('etcd-regressed');
    await a.when(() => a.events.filter(({ type }) => type === 'lease-granted').length === 2);
    const { memory, saved } = a.journal;
    t.not(memory.leaseId, lease, 'a new lease');
    t.strictSame(saved.tokens, [], 'the token is burnt');
    t.ok(saved.quietUntil >= lost.at + LONGEST_TAKEOVER_AFTER_MS - 1000);
    t.ok(saved.quietUntil > systemClock.now());
    await b.untilEvent('etcd-regressed');
    t.equal(a.heard.filter(({ type }) => type === 'taken').length, 1);
    t.equal(b.holds.length, 0);
    t.strictSame(overlaps([a, b]), []);
  },
);
