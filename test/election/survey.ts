// What `status` reads of a cluster, in one read: who holds what, who stands, and who is there.
import t from 'tap';
import { encodeBeat } from '../../src/election/beat.ts';
import { Keys } from '../../src/election/keys.ts';
import { encodeRecord } from '../../src/election/record.ts';
import { survey } from '../../src/election/survey.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { Hand } from '../fixtures/hand.ts';
import { WrappedStore } from '../fixtures/wrapped-store.ts';
import { openStore, within } from '../fixtures/etcd-store.ts';
import {
  FOREIGN_LEASE,
  GROUP,
  beatOf,
  candidate,
  leaseOf,
  listing,
  recordOf,
} from '../fixtures/situation.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { store } = openStore(t, cluster.endpoints);
for (const lease of [leaseOf('a'), leaseOf('b'), FOREIGN_LEASE]) {
  await store.grantLease(lease, 600, within());
}
const NOWHERE = new Map<string, string>();

/** Puts a candidate into an election. Returns its create revision. */
async function enqueue(
  hand: Hand,
  node: string,
  { lease = leaseOf(node), election = hand.keys.election(GROUP) } = {},
): Promise<number> {
  const key = `${election}/${lease}`;
  await hand.put(key, node, lease);
  return (await hand.get(key))?.createRevision ?? 0;
}

/** Facts of a node with a group of these VIPs, and a field of a later version. */
const facts = (vips: string[]): string =>
  JSON.stringify({ version: '1.2.3', groups: [{ name: 'by-facts', vips }], more: true });

await t.test('an empty prefix: no group, no node, and the revision of the read', async (t) => {
  const found = await survey(store, '/empty', NOWHERE, within());
  t.strictSame([found.groups, found.nodes], [[], []]);
  t.ok(found.header.revision > 0);
});

await t.test('holder, candidates in order, what they beat, and who claims', async (t) => {
  const hand = new Hand(store, '/t');
  const { keys } = hand;
  const first = await enqueue(hand, 'a');
  const second = await enqueue(hand, 'stranger', { lease: FOREIGN_LEASE });
  const third = await enqueue(hand, 'b');
  const record = recordOf(candidate('a', first));
  await hand.put(keys.holder(GROUP), encodeRecord(record));
  const claiming = beatOf('a', { tokens: listing({ key: '', createRevision: first }) });
  await hand.put(keys.node('a'), encodeBeat(claiming), leaseOf('a'));
  await hand.put(keys.node('b'), encodeBeat(beatOf('b')), leaseOf('b'));
  const { groups, nodes } = await survey(store, '/t', NOWHERE, within());
  t.equal(groups.length, 1);
  const [group] = groups;
  t.match(group, { name: GROUP, vips: [], record });
  t.strictSame(
    group?.queue.map(({ node, leaseId, revision, foreign, claims }) => ({
      node,
      leaseId,
      revision,
      foreign,
      claims,
    })),
    [
      { node: 'a', leaseId: leaseOf('a'), revision: first, foreign: false, claims: true },
      { node: 'stranger', leaseId: FOREIGN_LEASE, revision: second, foreign: true, claims: false },
      { node: 'b', leaseId: leaseOf('b'), revision: third, foreign: false, claims: false },
    ],
  );
  t.strictSame(
    group?.queue.map(({ beat }) => beat?.identity),
    ['identity-a', undefined, 'identity-b'],
  );
  t.strictSame(
    nodes.map(({ node, beat }) => [node, beat?.identity]),
    [
      ['a', 'identity-a'],
      ['b', 'identity-b'],
    ],
  );
});

await t.test('a group is known by its record, its candidates or the facts of a node', async (t) => {
  const hand = new Hand(store, '/known');
  const { keys } = hand;
  await hand.seedReleased('by-record');
  await enqueue(hand, 'a', { election: keys.election('by-candidate') });
  await hand.put(keys.facts('a'), facts(['10.0.0.1', '10.0.0.2']));
  await hand.put(keys.facts('b'), facts(['10.0.0.2']));
  await hand.put(keys.node('a'), encodeBeat(beatOf('a')), leaseOf('a'));
  const { groups, nodes } = await survey(store, '/known', NOWHERE, within());
  t.strictSame(
    groups.map(({ name, vips }) => [name, vips]),
    [
      ['by-candidate', []],
      ['by-facts', ['10.0.0.1', '10.0.0.2']],
      ['by-record', []],
    ],
    'in order, each VIP once',
  );
  t.equal(groups[2]?.record?.state, 'released');
  t.match(nodes, [{ node: 'a', facts: { version: '1.2.3' } }], 'without a heartbeat no node');
});

await t.test('what cannot be read is left out, and the rest is told', async (t) => {
  const hand = new Hand(store, '/odd');
  const { keys } = hand;
  await hand.put(keys.holder(GROUP), 'no record');
  await hand.put(keys.node('a'), 'no beat', leaseOf('a'));
  for (const [node, value] of Object.entries({ a: 'no facts', b: '{"groups":7}' })) {
    await hand.put(keys.facts(node), value);
  }
  await enqueue(hand, 'a');
  await hand.put(`${keys.election(GROUP)}/leaseless`, 'somebody');
  const { groups, nodes } = await survey(store, '/odd', NOWHERE, within());
  t.match(groups, [{ name: GROUP, record: undefined }]);
  t.strictSame(
    groups[0]?.queue.map(({ node, beat, claims }) => [node, beat, claims]),
    [['a', undefined, false]],
    'a key without a lease is no candidate',
  );
  t.strictSame(nodes, [{ node: 'a', beat: undefined, facts: undefined }]);
});

await t.test('an election that stands elsewhere belongs to its group', async (t) => {
  const hand = new Hand(store, '/moved');
  const election = '/talos/vip';
  const revision = await enqueue(hand, 'a', { election });
  const elsewhere = new Map([[GROUP, election]]);
  const { groups } = await survey(store, '/moved', elsewhere, within());
  t.match(groups, [{ name: GROUP, queue: [{ node: 'a', revision }] }]);
  t.strictSame((await survey(store, '/moved', NOWHERE, within())).groups, []);
});

await t.test(
  'it is one transaction that writes nothing, and its failure is the caller’s',
  async (t) => {
    const wrapped = new WrappedStore(store);
    await survey(wrapped, '/t', new Map([['x', '/elsewhere']]), within());
    t.equal(wrapped.sent.length, 1);
    const [{ success, compares } = { success: [], compares: [] }] = wrapped.sent;
    t.strictSame(compares, []);
    t.ok(success.every(({ op }) => op === 'range'));
    t.ok(success.some(({ key }) => key === '/elsewhere/'));
    const keys = new Keys('/t');
    for (const key of [keys.nodes, keys.holders, keys.elections]) {
      t.ok(
        success.some((each) => each.key === key),
        key,
      );
    }
    wrapped.onTxn = () => Promise.reject(new Error('refused'));
    await t.rejects(survey(wrapped, '/t', NOWHERE, within()), { message: 'refused' });
  },
);
