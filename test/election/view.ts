import t from 'tap';
import { after } from '../../src/clock.ts';
import { encodeBeat } from '../../src/election/beat.ts';
import { encodeRecord } from '../../src/election/record.ts';
import type { KeyValue, TxnReply } from '../../src/election/store.ts';
import { View, type ViewRead } from '../../src/election/view.ts';
import {
  beatOf,
  candidate,
  FOREIGN_LEASE,
  KEYS,
  leaseOf,
  NOW,
  recordOf,
} from '../fixtures/situation.ts';

const kv = (key: string, revision: number, lease = '0', value = ''): KeyValue => ({
  key,
  value,
  createRevision: revision,
  modRevision: revision,
  lease,
});

/** Answers a read as etcd would, from these keys. */
function answer(read: ViewRead, kvs: readonly KeyValue[], revision: number): TxnReply {
  const results = read.operations.map((each) => {
    const all = kvs.filter((one) => one.key.startsWith(each.key));
    const since = each.op === 'range' ? (each.minModRevision ?? 0) : 0;
    return { kvs: all.filter((one) => one.modRevision >= since), count: all.length };
  });
  return { succeeded: true, header: { clusterId: '1', revision }, results };
}

function load(view: View, kvs: readonly KeyValue[], revision: number, at = NOW): boolean {
  const read = view.read();
  return view.apply(read, answer(read, kvs, revision), at);
}

await t.test(
  '[H13] the queue has the candidates with a lease, by creation; others are ignored',
  (t) => {
    const view = new View(KEYS, [{ name: 'g' }, { name: 'g2' }]);
    load(
      view,
      [
        kv(`/t/elections/g/${leaseOf('b')}`, 12, leaseOf('b'), 'b'),
        kv('/t/elections/g/by-hand', 3, '0', 'x'),
        kv(`/t/elections/g/${FOREIGN_LEASE}`, 11, FOREIGN_LEASE, 'a'),
        kv(`/t/elections/g2/${leaseOf('c')}`, 2, leaseOf('c'), 'c'),
      ],
      20,
    );
    const { queue, leaseless } = view.group('g');
    t.strictSame(
      queue.map(({ node, createRevision, ours }) => [node, createRevision, ours]),
      [
        ['a', 11, false],
        ['b', 12, true],
      ],
    );
    t.strictSame(leaseless, [{ key: '/t/elections/g/by-hand', createRevision: 3 }]);
    t.equal(view.group('g2').queue.length, 1);
    t.end();
  },
);

await t.test('the record comes with its revision, also when it cannot be read', (t) => {
  const view = new View(KEYS, [{ name: 'g' }]);
  const record = recordOf(candidate('a', 10));
  t.match(view.group('g'), { record: undefined, recordRevision: 0 });
  load(view, [kv('/t/holders/g', 15, '0', encodeRecord(record))], 20);
  t.strictSame(view.group('g').record, record);
  t.equal(view.group('g').recordRevision, 15);
  load(view, [kv('/t/holders/g', 21, '0', 'garbage')], 22);
  t.match(view.group('g'), { record: undefined, recordRevision: 21 });
  t.end();
});

await t.test('heartbeats are dated by complete reads only', (t) => {
  const view = new View(KEYS, [{ name: 'g' }]);
  const beat = kv('/t/nodes/a', 5, leaseOf('a'), encodeBeat(beatOf('a')));
  const key = kv(`/t/elections/g/${leaseOf('a')}`, 4, leaseOf('a'));
  t.ok(load(view, [beat, key], 10));
  t.ok(view.complete);
  t.match(view.observations.ofNode('a'), { revision: 5, firstSeenAt: NOW });
  const next = { ...beat, modRevision: 12 };
  t.notOk(load(view, [next], 12, after(NOW, 100)), 'the candidate is gone: read again');
  t.notOk(view.complete);
  t.match(view.observations.ofNode('a'), { revision: 5 });
  t.ok(load(view, [next], 12, after(NOW, 200)));
  t.match(view.observations.ofNode('a'), { revision: 12, firstSeenAt: after(NOW, 200) });
  t.end();
});

await t.test('an election elsewhere is read and watched where it stands', (t) => {
  const view = new View(KEYS, [{ name: 'g', electionKey: '/talos/vip' }]);
  t.strictSame(view.prefixes, ['/t/nodes/', '/t/holders/', '/t/elections/', '/talos/vip/']);
  load(view, [kv('/talos/vip/1f', 9, '1f', 'talos'), kv('/talos/vip2/1f', 8, '1f')], 10);
  t.strictSame(
    view.group('g').queue.map(({ node }) => node),
    ['talos'],
  );
  t.end();
});

await t.test('strays are keys on our lease of groups that are not configured', (t) => {
  const view = new View(KEYS, [{ name: 'g' }, { name: 'h', electionKey: '/t/elections/moved' }]);
  const lease = leaseOf('s');
  load(
    view,
    [
      kv(`/t/elections/g/${lease}`, 1, lease),
      kv(`/t/elections/moved/${lease}`, 2, lease),
      kv(`/t/elections/old/${lease}`, 3, lease),
      kv(`/t/elections/old/${leaseOf('a')}`, 4, leaseOf('a')),
    ],
    10,
  );
  t.strictSame(
    view.strays(lease).map(({ key }) => key),
    [`/t/elections/old/${lease}`],
  );
  t.end();
});

await t.test('what is forgotten must be read in full', (t) => {
  const view = new View(KEYS, [{ name: 'g' }]);
  load(view, [kv('/t/nodes/a', 5, leaseOf('a'), encodeBeat(beatOf('a')))], 10);
  view.forget();
  t.notOk(view.complete);
  t.strictSame(view.observations.all(), []);
  t.ok(view.read().operations.every((each) => !('minModRevision' in each)));
  t.end();
});

await t.test(
  'a picture in doubt is read whole, and what was seen of the nodes stays dated',
  (t) => {
    const view = new View(KEYS, [{ name: 'g' }]);
    const record = encodeRecord(recordOf(candidate('b', 5)));
    const beat = kv(KEYS.node('b'), 30, leaseOf('b'), encodeBeat(beatOf('b')));
    load(view, [kv(KEYS.holder('g'), 40, '0', record), beat], 41);
    const firstSeenAt = view.observations.ofNode('b')?.firstSeenAt;
    // etcd went back in time unnoticed: the record of now is older than what we have read.
    const restored = [kv(KEYS.holder('g'), 20, '0', record), beat];
    load(view, restored, 50, after(NOW, 10));
    t.equal(view.group('g').recordRevision, 40, 'a delta does not show it');
    view.doubt();
    t.notOk(view.complete);
    t.ok(load(view, restored, 51, after(NOW, 20)));
    t.equal(view.group('g').recordRevision, 20);
    t.equal(view.observations.ofNode('b')?.firstSeenAt, firstSeenAt);
    t.end();
  },
);
