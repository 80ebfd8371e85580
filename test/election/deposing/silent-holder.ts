// A holder that beats no more.
import t from 'tap';
import { after } from '../../../src/clock.ts';
import { deposableAt, deposing } from '../../../src/election/deposing.ts';
import { takeoverAfterMs } from '../../../src/election/promise.ts';
import { Stamps } from '../../../src/election/stamps.ts';
import { a, behindHolder, heard, holderHeard } from '../../fixtures/held-group.ts';
import {
  ago,
  beatOf,
  candidate,
  leaseOf,
  listing,
  NOW,
  observationsOf,
  recordOf,
  situation,
  TAKEOVER_MS,
} from '../../fixtures/situation.ts';

const silentFor = (ms: number) =>
  deposing(behindHolder({ observations: observationsOf(holderHeard(ms)) }));

await t.test(
  'rule 11: a holder may be deposed after its beat was silent for takeoverAfter',
  (t) => {
    t.equal(deposableAt(behindHolder(), a), after(NOW, TAKEOVER_MS));
    t.equal(silentFor(TAKEOVER_MS - 1), undefined);
    t.strictSame(silentFor(TAKEOVER_MS), {
      victims: [a],
      silent: [{ node: 'a', revision: 40 }],
      endsHold: true,
    });
    t.end();
  },
);

await t.test('rule 11: by what that beat promises, latency included', (t) => {
  const parts = { holdForMs: 9000, fenceLatencyMs: 35 };
  const observations = observationsOf(holderHeard(0, parts));
  t.equal(deposableAt(behindHolder({ observations }), a), after(NOW, takeoverAfterMs(9000, 35)));
  t.end();
});

await t.test(
  'rule 11 [H5]: by the ceiling when the beat does not claim the token, or is none',
  (t) => {
    const record = recordOf(a, { ceilingMs: 9000 });
    const wait = takeoverAfterMs(9000, 143);
    const unlisted = observationsOf(heard('a', 0, { holdForMs: 600 }));
    t.equal(deposableAt(behindHolder({ record, observations: unlisted }), a), after(NOW, wait));
    const garbage = observationsOf({ node: 'a', beat: undefined, revision: 40, at: NOW });
    t.equal(deposableAt(behindHolder({ record, observations: garbage }), a), after(NOW, wait));
    t.end();
  },
);

await t.test(
  'rule 11 [H4]: vanished since the last read, as a watch told: it counts from then',
  (t) => {
    const observations = observationsOf(holderHeard(100_000));
    observations.miss('a', 45, NOW);
    const parts = { observations, readAt: ago(TAKEOVER_MS) };
    t.equal(deposableAt(behindHolder(parts), a), after(NOW, TAKEOVER_MS));
    t.end();
  },
);

await t.test('rule 11 [H4]: a vanished heartbeat key is a change, and must stay away', (t) => {
  const record = recordOf(a, { ceilingMs: 7000 });
  const stamps = new Stamps();
  const observations = observationsOf(holderHeard(100_000));
  observations.miss('a', 45, ago(1000));
  const parts = { record, observations, stamps };
  const due = after(NOW, takeoverAfterMs(7000, 143));
  t.equal(deposableAt(behindHolder(parts), a), due);
  t.equal(deposing(behindHolder(parts)), undefined);
  t.match(deposing(behindHolder({ ...parts, now: due })), {
    victims: [a],
    silent: [{ node: 'a', revision: 0 }],
    endsHold: true,
  });
  const later = after(NOW, 3000);
  const takenAnew = { ...parts, recordRevision: 51, now: later, readAt: later };
  t.equal(
    deposableAt(behindHolder(takenAnew), a),
    after(later, takeoverAfterMs(7000, 143)),
    'that it was missing before this record was written says nothing',
  );
  t.end();
});

await t.test('a holder whose key stands on another lease is heard by its own heartbeat', (t) => {
  const record = recordOf(a, { ceilingMs: 4000 });
  const beat = beatOf('a', { seq: 901, tokens: listing(a) });
  const heard = { node: 'a', beat, revision: 44, at: ago(100) };
  // Somebody else's lease, under which another node was last heard long ago; and one that nobody beats on.
  const other = { node: 'c', beat: beatOf('c'), revision: 12, at: ago(100_000) };
  for (const lease of [leaseOf('c'), leaseOf('z')]) {
    const moved = { ...a, lease };
    const observations = observationsOf(heard, other);
    const at = situation({ queue: [moved, candidate('s', 20)], record, observations });
    t.equal(deposableAt(at, moved), after(ago(100), TAKEOVER_MS), lease);
    const silentSince = { ...heard, at: ago(100_000) };
    const silent = situation({
      queue: [moved, candidate('s', 20)],
      record,
      observations: observationsOf(silentSince, other),
    });
    t.match(deposing(silent), { silent: [{ node: 'a', revision: 44 }], endsHold: true });
  }
  t.end();
});

await t.test('each change of a heartbeat that cannot be read begins the wait anew', (t) => {
  const stamps = new Stamps();
  const garbage = (revision: number, parts = {}) =>
    behindHolder({
      observations: observationsOf({ node: 'a', beat: undefined, revision, at: NOW, lease: '0' }),
      stamps,
      ...parts,
    });
  t.equal(deposableAt(garbage(45), a), after(NOW, TAKEOVER_MS));
  const later = after(NOW, 3000);
  t.equal(deposableAt(garbage(46, { now: later, readAt: later }), a), after(later, TAKEOVER_MS));
  t.end();
});

await t.test('rule 11 [H4]: a heartbeat key never seen is dated by the first look', (t) => {
  const stamps = new Stamps();
  const observations = observationsOf();
  const due = deposableAt(behindHolder({ observations, stamps }), a);
  t.equal(due, after(NOW, TAKEOVER_MS));
  const later = after(NOW, 2000);
  const next = behindHolder({ observations, stamps, now: later, readAt: later });
  t.equal(deposableAt(next, a), due);
  t.end();
});

await t.test(
  'rule 12 [A6]: after an outage nobody is deposed until reads were good for the grace',
  (t) => {
    const observations = observationsOf(holderHeard(100_000, { beatEveryMs: 700 }));
    const at = deposableAt(behindHolder({ observations, readsGoodSince: ago(100) }), a);
    t.equal(at, after(ago(100), 2 * 700 + 800));
    const during = behindHolder({ observations, readsGoodSince: undefined });
    t.equal(deposableAt(during, a), Number.POSITIVE_INFINITY);
    t.equal(deposing(during), undefined);
    t.end();
  },
);

await t.test(
  'a holder is known by its lease: a new life under its name does not speak for it',
  (t) => {
    const reborn = beatOf('a', { lease: leaseOf('x'), seq: 5000, bootId: 'next' });
    const stamps = new Stamps();
    const at = (ms: number, revision: number) => {
      const observations = observationsOf({
        node: 'a',
        beat: reborn,
        revision,
        at: after(NOW, ms),
      });
      const now = after(NOW, ms);
      return deposableAt(behindHolder({ observations, stamps, now, readAt: now }), a);
    };
    const due = at(0, 60);
    t.equal(due, after(NOW, TAKEOVER_MS));
    t.equal(at(500, 61), due, 'its beats do not put the end of the old hold off');
    t.end();
  },
);

await t.test(
  'rule 11 [H4]: of a holder whose heartbeat was never seen the absence is compared',
  (t) => {
    const stamps = new Stamps();
    const parts = { observations: observationsOf(), stamps };
    deposableAt(behindHolder(parts), a);
    const later = after(NOW, TAKEOVER_MS);
    t.strictSame(deposing(behindHolder({ ...parts, now: later, readAt: later })), {
      victims: [a],
      silent: [{ node: 'a', revision: 0 }],
      endsHold: true,
    });
    const record = recordOf({ ...a, node: 'renamed' });
    const named = behindHolder({ ...parts, record, now: later, readAt: later });
    t.match(
      deposing(named),
      { silent: [{ node: 'renamed', revision: 0 }] },
      'by the record’s name',
    );
    t.end();
  },
);
