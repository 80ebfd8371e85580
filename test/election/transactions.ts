import t from 'tap';
import { beatPrefix } from '../../src/election/beat.ts';
import type { Claim } from '../../src/election/claim.ts';
import { candidateKey } from '../../src/election/keys.ts';
import { encodeRecord, unknownRecord, type HolderRecord } from '../../src/election/record.ts';
import { Transactions } from '../../src/election/transactions.ts';
import { candidate, foreigner, GROUP, KEYS, leaseOf, recordOf } from '../fixtures/situation.ts';

const transactions = new Transactions(KEYS, 's');
const lease = leaseOf('s');
const nodeKey = '/t/nodes/s';
const recordKey = '/t/holders/g';
const beat = { seq: 7, value: 'beat 7' };
const own = candidate('s', 20);
const token = { key: own.key, createRevision: 20 };
const claim = { group: GROUP, token, recordRevision: 50 };
const put = { op: 'put', key: nodeKey, value: 'beat 7', lease } as const;

const ground = { kind: 'own', lease, created: 9, revision: 48 } as const;
const exactly = (...exact: Claim[]) => ({ exact, ranged: [], newestRecord: undefined });

const above = { key: nodeKey, target: 'value', op: '<', value: beatPrefix(7) } as const;
const leased = (value: string) => ({ key: nodeKey, target: 'lease', op: '=', value }) as const;
const notBefore = (value: number) => ({ key: nodeKey, target: 'mod', op: '>', value }) as const;
const stands = (key: string, value: number) => ({ key, target: 'create', op: '=', value }) as const;
const grounded = [above, leased(lease), stands(nodeKey, 9), notBefore(47)];
const unchanged = (key: string, value: number) => ({ key, target: 'mod', op: '=', value }) as const;

/** A record is never written without the epoch. */
const written = (record: HolderRecord) => [
  { op: 'put', key: recordKey, value: encodeRecord(record) },
  { op: 'put', key: '/t/epoch', value: GROUP },
];

await t.test('rule 2: a beat compares sequence, lease, and each token with its record', (t) => {
  t.strictSame(transactions.beat(beat, lease, ground, exactly(claim)), {
    compares: [...grounded, stands(own.key, 20), unchanged(recordKey, 50)],
    success: [put],
    failure: [
      { op: 'range', key: nodeKey },
      { op: 'range', key: own.key },
      { op: 'range', key: recordKey },
    ],
  });
  t.end();
});

await t.test('rule 2: range and epoch prove that no record was written since a revision', (t) => {
  const proving = { exact: [claim], ranged: [{ ...claim, group: 'h' }], newestRecord: 60 };
  const { compares, success, failure } = transactions.beat(beat, lease, ground, proving);
  t.strictSame(compares.slice(4), [
    stands(own.key, 20),
    unchanged(recordKey, 50),
    { key: '/t/holders/', prefix: true, target: 'mod', op: '<', value: 61 },
    { key: '/t/epoch', target: 'mod', op: '<', value: 61 },
    { key: '/t/epoch', target: 'mod', op: '>', value: 0 },
  ]);
  t.strictSame(success, [put]);
  t.strictSame(failure, [], 'an exact beat follows at once and asks what has changed');
  t.end();
});

await t.test('rule 2: the first beat wants no key, or our own earlier lease’s', (t) => {
  const absent = transactions.beat(beat, lease, { kind: 'absent' }, exactly());
  t.strictSame(absent.compares, [stands(nodeKey, 0)]);
  const earlier = transactions.beat(
    beat,
    lease,
    { kind: 'earlier', lease: leaseOf('e'), created: 9 },
    exactly(),
  );
  t.strictSame(earlier.compares, [above, leased(leaseOf('e')), stands(nodeKey, 9)]);
  t.strictSame(earlier.success, [put], 'on the new lease');
  t.end();
});

await t.test('rule 1 [H13]: enqueueing is a beat, all of it or nothing', (t) => {
  const elections = ['/t/elections/g', '/elsewhere'];
  const keys = elections.map((election) => candidateKey(election, lease));
  t.strictSame(transactions.enqueue(beat, lease, { kind: 'absent' }, elections), {
    compares: [stands(nodeKey, 0), ...keys.map((key) => stands(key, 0))],
    success: [...keys.map((key) => ({ op: 'put', key, value: 's', lease })), put],
    failure: [{ op: 'range', key: nodeKey }],
  });
  t.end();
});

await t.test('rule 9 [H11]: a taking is a beat that writes the record it has read', (t) => {
  const record = recordOf(own);
  t.strictSame(
    transactions.take(beat, lease, ground, { group: GROUP, record, recordRevision: 49 }),
    {
      compares: [
        ...grounded,
        stands(own.key, 20),
        unchanged(recordKey, 49),
        { key: own.key, target: 'lease', op: '=', value: lease },
      ],
      success: [put, ...written(record)],
      failure: [
        { op: 'range', key: nodeKey },
        { op: 'range', key: own.key },
        { op: 'range', key: recordKey },
      ],
    },
  );
  t.end();
});

await t.test('rule 8: a taking on a hint compares that all who stood before us are gone', (t) => {
  const record = recordOf(own);
  const taking = { group: GROUP, record, recordRevision: 49, ahead: [candidate('a', 10)] };
  const { compares } = transactions.take(beat, lease, ground, taking);
  t.strictSame(compares.at(-1), stands(candidate('a', 10).key, 0));
  t.equal(compares.length, 8, 'besides all that a taking compares');
  t.end();
});

await t.test('rule 8: a taking after a silence compares the silent heartbeat', (t) => {
  const silent = { node: 'a', revision: 40 };
  const taking = { group: GROUP, record: recordOf(own), recordRevision: 49, silent };
  const { compares } = transactions.take(beat, lease, ground, taking);
  t.strictSame(compares.at(-1), unchanged('/t/nodes/a', 40));
  t.end();
});

await t.test('the record and all else that must outlive a lease is on none', (t) => {
  const { success } = transactions.take(beat, lease, ground, {
    group: GROUP,
    record: recordOf(own),
    recordRevision: 49,
  });
  const record = success.find((each) => each.key === recordKey);
  t.ok(record !== undefined && !('lease' in record));
  t.end();
});

await t.test('rule 11: deposing compares key, heartbeat and record, and ends the hold', (t) => {
  const [a, b] = [candidate('a', 10), candidate('b', 11)];
  const deposed = recordOf(a, { state: 'deposed' });
  const silent = [
    { node: 'a', revision: 40 },
    { node: 'b', revision: 41 },
  ];
  const what = { victims: [a, b], silent, endsHold: true };
  t.strictSame(transactions.depose(GROUP, what, 50, deposed), {
    compares: [
      stands(a.key, 10),
      stands(b.key, 11),
      unchanged('/t/nodes/a', 40),
      unchanged('/t/nodes/b', 41),
      unchanged(recordKey, 50),
    ],
    success: [{ op: 'delete', key: a.key }, { op: 'delete', key: b.key }, ...written(deposed)],
    failure: [],
  });
  t.end();
});

await t.test('rule 11 [H1]: without an end of a hold the record is compared and left', (t) => {
  const a = candidate('a', 10);
  const what = { victims: [a], silent: [{ node: 'a', revision: 0 }], endsHold: false };
  const { compares, success } = transactions.depose(GROUP, what, 50, undefined);
  t.strictSame(compares, [stands(a.key, 10), unchanged('/t/nodes/a', 0), unchanged(recordKey, 50)]);
  t.strictSame(success, [{ op: 'delete', key: a.key }]);
  const unseen = transactions.depose(GROUP, { ...what, silent: [] }, 50, undefined);
  t.strictSame(unseen.compares, [stands(a.key, 10), unchanged(recordKey, 50)], '[H9]');
  t.end();
});

await t.test('rule 13: a release compares both and takes the dead along', (t) => {
  const released = recordOf(own, { state: 'released' });
  const dead = candidate('d', 30);
  const silent = [{ node: 'd', revision: 31 }];
  t.strictSame(transactions.release(claim, released, { candidates: [dead], silent }), {
    compares: [
      stands(own.key, 20),
      unchanged(recordKey, 50),
      stands(dead.key, 30),
      unchanged('/t/nodes/d', 31),
    ],
    success: [
      { op: 'delete', key: own.key },
      { op: 'delete', key: dead.key },
      ...written(released),
    ],
    failure: [],
  });
  t.end();
});

await t.test('rule 13 [H6]: what is repeated is the deletion alone', (t) => {
  t.strictSame(transactions.dequeue(token), {
    compares: [stands(own.key, 20)],
    success: [{ op: 'delete', key: own.key }],
    failure: [],
  });
  t.end();
});

await t.test(
  'rule 10 [H8]: a foreign leader is marked while it stands and the record is as read',
  (t) => {
    const leader = foreigner(5);
    const record = recordOf(leader, { state: 'foreign' });
    t.strictSame(transactions.markForeign(GROUP, leader, 50, record), {
      compares: [stands(leader.key, 5), unchanged(recordKey, 50)],
      success: written(record),
      failure: [],
    });
    t.end();
  },
);

await t.test('rule 8: nothing is known where there is no record, and that is written once', (t) => {
  const record = unknownRecord(token, 's', 5);
  t.strictSame(transactions.markUnknown(GROUP, token, record), {
    compares: [stands(own.key, 20), unchanged(recordKey, 0)],
    success: written(record),
    failure: [],
  });
  t.end();
});

await t.test('100 groups, each with its portion of claims, fit etcd’s 128 operations', (t) => {
  const claims = Array.from({ length: 60 }, (_, at) => ({ ...claim, group: `g${at}` }));
  const { compares, success, failure } = transactions.beat(beat, lease, ground, exactly(...claims));
  t.ok(Math.max(compares.length, success.length, failure.length) <= 128);
  const elections = Array.from({ length: 100 }, (_, at) => `/t/elections/g${at}`);
  const all = transactions.enqueue(beat, lease, ground, elections);
  t.ok(Math.max(all.compares.length, all.success.length) <= 128);
  t.end();
});
