import t from 'tap';
import { after } from '../../src/clock.ts';
import { decide } from '../../src/election/decision.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from '../../src/election/promise.ts';
import { sameToken, unknownRecord, type Token } from '../../src/election/record.ts';
import { Stamps } from '../../src/election/stamps.ts';
import {
  ago,
  beatOf,
  candidate,
  foreigner,
  listing,
  NOW,
  observationsOf,
  recordOf,
  situation,
  TAKEOVER_MS,
} from '../fixtures/situation.ts';

const own = candidate('s', 20);
const token = { key: own.key, createRevision: own.createRevision };
const isBurnt = (each: Token): boolean => sameToken(each, token);
const other = candidate('a', 10);
const released = recordOf(other, { state: 'released' });

await t.test('who wants the group and is not in the queue stands for election', (t) => {
  t.strictSame(decide(situation()), { kind: 'enqueue' });
  t.strictSame(decide(situation({ wanted: false })), { kind: 'wait' });
  t.end();
});

await t.test('who is first and reads that the last hold has ended takes', (t) => {
  t.strictSame(decide(situation({ queue: [own], record: released })), {
    kind: 'take',
    own,
  });
  t.end();
});

await t.test('who is first but must wait knows until when', (t) => {
  const until = after(NOW, LONGEST_TAKEOVER_AFTER_MS);
  const record = unknownRecord(token, 'b', 0);
  t.strictSame(decide(situation({ queue: [own], record })), { kind: 'wait', until });
  t.end();
});

await t.test(
  'rule 8: whoever stands for election writes that nothing is known of a holder',
  (t) => {
    t.strictSame(decide(situation({ queue: [own] })), { kind: 'mark-unknown', own });
    t.strictSame(decide(situation({ queue: [other, own] })), { kind: 'mark-unknown', own });
    t.strictSame(decide(situation({ wanted: false, queue: [other] })), { kind: 'wait' });
    t.match(
      decide(situation({ queue: [own], recordRevision: 30 })),
      { kind: 'wait' },
      'unreadable',
    );
    t.end();
  },
);

await t.test('a claim whose proof must be founded anew is taken at once, whatever is gone', (t) => {
  const anew = { queue: [own, other], claimed: token, anew: true };
  for (const record of [undefined, unknownRecord(token, 'b', 0), recordOf(own)]) {
    t.strictSame(decide(situation({ ...anew, record })), { kind: 'take', own });
    const behind = decide(situation({ ...anew, queue: [other, own], record }));
    t.not(behind.kind, 'take', 'not behind another');
  }
  t.end();
});

await t.test('rule 15 [A3]: a first key that the record names is taken again', (t) => {
  t.strictSame(decide(situation({ queue: [own], record: recordOf(own) })), {
    kind: 'take',
    own,
  });
  t.end();
});

await t.test('who holds waits for nothing', (t) => {
  const holding = { queue: [own, other], record: recordOf(own), claimed: token, holding: true };
  t.strictSame(decide(situation(holding)), { kind: 'wait' });
  t.end();
});

await t.test('rule 10: a key on our lease that we do not want is deleted on sight', (t) => {
  t.strictSame(decide(situation({ queue: [other, own], wanted: false })), { kind: 'dequeue', own });
  t.strictSame(decide(situation({ queue: [own], wanted: false, record: recordOf(own) })), {
    kind: 'dequeue',
    own,
  });
  t.end();
});

await t.test('[H13] a key of ours that is off its lease is deleted, for a new one', (t) => {
  const off = { leaseless: [token], queue: [other] };
  t.strictSame(decide(situation(off)), { kind: 'dequeue', own: token });
  t.strictSame(decide(situation({ ...off, wanted: false })), { kind: 'dequeue', own: token });
  t.strictSame(
    decide(situation({ ...off, claimed: token })),
    { kind: 'wait' },
    'what it was taken by may still be on the link',
  );
  const others = { leaseless: [{ key: other.key, createRevision: 10 }] };
  t.strictSame(decide(situation(others)), { kind: 'enqueue' }, "another's is not ours to delete");
  t.end();
});

await t.test('rules 6 and 13: not while its token is still claimed, nor while it ends', (t) => {
  const claimed = { queue: [own], wanted: false, record: recordOf(own), claimed: token };
  t.strictSame(decide(situation(claimed)), { kind: 'wait' });
  const ending = { queue: [own], record: recordOf(own), claimed: token, ending: true };
  t.strictSame(decide(situation(ending)), { kind: 'wait' });
  t.strictSame(decide(situation({ ...ending, wanted: false })), { kind: 'wait' });
  t.strictSame(decide(situation({ ending: true })), { kind: 'wait' }, 'nor is a new key made');
  t.end();
});

await t.test(
  'rule 13 [H6]: a burnt key is deleted and never taken, even if the record names it',
  (t) => {
    t.strictSame(decide(situation({ queue: [own], record: recordOf(own), isBurnt })), {
      kind: 'dequeue',
      own,
    });
    t.strictSame(decide(situation({ queue: [own], record: released, isBurnt })), {
      kind: 'dequeue',
      own,
    });
    const anew = candidate('s', 30);
    t.match(decide(situation({ queue: [anew], record: released, isBurnt })), {
      kind: 'take',
      own: anew,
    });
    t.end();
  },
);

await t.test('rule 10 [H8]: a foreign leader is marked, once, by its token', (t) => {
  const leader = foreigner(5);
  t.strictSame(decide(situation({ queue: [leader, own], record: released })), {
    kind: 'mark-foreign',
    leader,
  });
  t.strictSame(decide(situation({ queue: [leader] })), { kind: 'mark-foreign', leader });
  t.strictSame(
    decide(situation({ queue: [leader], wanted: false })),
    { kind: 'mark-foreign', leader },
    'even by one that does not want the group now',
  );
  const marked = recordOf(leader, { state: 'foreign' });
  t.strictSame(decide(situation({ queue: [leader, own], record: marked })), { kind: 'wait' });
  t.strictSame(
    decide(situation({ queue: [leader], record: marked })),
    { kind: 'enqueue' },
    'we wait behind it',
  );
  const next = foreigner(6);
  t.strictSame(decide(situation({ queue: [next, own], record: marked })), {
    kind: 'mark-foreign',
    leader: next,
  });
  t.end();
});

await t.test('rule 8 [H8]: after a foreign leader the longest wait, then it is taken', (t) => {
  const record = recordOf(foreigner(5), { state: 'foreign' });
  const stamps = new Stamps();
  const until = after(NOW, LONGEST_TAKEOVER_AFTER_MS);
  t.strictSame(decide(situation({ queue: [own], record, stamps })), { kind: 'wait', until });
  t.strictSame(decide(situation({ queue: [own], record, stamps, now: after(until, -1) })), {
    kind: 'wait',
    until,
  });
  t.match(decide(situation({ queue: [own], record, stamps, now: until })), { kind: 'take' });
  t.end();
});

await t.test('rule 11: a silent holder is waited for, then deposed', (t) => {
  const at = ago(1000);
  const beat = beatOf('a', { tokens: listing(other) });
  const observations = observationsOf({ node: 'a', beat, revision: 40, at });
  const parts = { queue: [other, own], record: recordOf(other), observations };
  const until = after(at, TAKEOVER_MS);
  t.strictSame(decide(situation(parts)), { kind: 'wait', until });
  t.match(decide(situation({ ...parts, now: until })), {
    kind: 'depose',
    deposing: { victims: [other], endsHold: true },
  });
  t.strictSame(decide(situation({ ...parts, now: until, wanted: false, queue: [other] })), {
    kind: 'wait',
  });
  t.end();
});

await t.test('rule 8: whoever is not first does not take, whatever the record says', (t) => {
  const observations = observationsOf({ node: 'a', beat: beatOf('a'), revision: 40, at: NOW });
  t.equal(decide(situation({ queue: [other, own], record: released, observations })).kind, 'wait');
  t.end();
});

await t.test('rule 16 [H10]: in the quarantine the first key waits', (t) => {
  const quarantineUntil = after(NOW, 12_000);
  for (const record of [released, recordOf(own)]) {
    const parts = { queue: [own], record, quarantineUntil };
    t.strictSame(decide(situation(parts)), { kind: 'wait', until: quarantineUntil });
  }
  t.end();
});
