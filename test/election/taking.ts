import t from 'tap';
import { after, type Instant } from '../../src/clock.ts';
import { encodeBeat, type Beat } from '../../src/election/beat.ts';
import { LONGEST_TAKEOVER_AFTER_MS, takeoverAfterMs } from '../../src/election/promise.ts';
import { Stamps } from '../../src/election/stamps.ts';
import type { Situation } from '../../src/election/situation.ts';
import { takeable } from '../../src/election/taking.ts';
import {
  ago,
  beatOf,
  candidate,
  foreigner,
  KEYS,
  leaseOf,
  listing,
  NOW,
  observationsOf,
  recordOf,
  situation,
  TAKEOVER_MS,
  type SituationParts,
} from '../fixtures/situation.ts';

const takeableAt = (what: Situation) => takeable(what).at;
const NEVER = Number.POSITIVE_INFINITY;
const own = candidate('s', 20);
const dead = candidate('a', 10);
const token = { key: dead.key, createRevision: dead.createRevision };
const longest = after(NOW, LONGEST_TAKEOVER_AFTER_MS);
/** The holder `a` as last heard 1 s ago, its key gone since. */
const heard = (parts: Partial<Beat> = {}) =>
  observationsOf({
    node: 'a',
    beat: beatOf('a', { tokens: listing(token), ...parts }),
    revision: 40,
    at: ago(1000),
  });
const goneHolder = (parts: SituationParts = {}) =>
  situation({ queue: [own], record: recordOf(dead), observations: heard(), ...parts });

await t.test('rule 8: at once when the last hold was released or deposed', (t) => {
  for (const state of ['released', 'deposed'] as const) {
    const at = takeableAt(situation({ queue: [own], record: recordOf(dead, { state }) }));
    t.ok(at <= NOW, state);
  }
  t.end();
});

await t.test('rule 8 [A3]: at once when the record names our own live token', (t) => {
  t.ok(takeableAt(situation({ queue: [own], record: recordOf(own) })) <= NOW);
  const behind = situation({ queue: [candidate('b', 5), own], record: recordOf(own) });
  t.equal(takeableAt(behind), NEVER, 'but not behind another');
  t.end();
});

await t.test('rule 8: never while another holder stands', (t) => {
  t.equal(takeableAt(situation({ queue: [dead, own], record: recordOf(dead) })), NEVER);
  t.end();
});

await t.test('rule 8: a holder whose key is gone is waited out from its last beat', (t) => {
  t.equal(takeableAt(goneHolder()), after(ago(1000), TAKEOVER_MS));
  t.end();
});

await t.test('rule 8 [H5]: by the promise of the beat that claims the token', (t) => {
  const at = takeableAt(goneHolder({ observations: heard({ holdForMs: 9000 }) }));
  t.equal(at, after(ago(1000), takeoverAfterMs(9000, 143)));
  t.end();
});

await t.test(
  'rule 8 [H5]: by the ceiling of the record when the beat does not claim the token',
  (t) => {
    const record = recordOf(dead, { ceilingMs: 7000 });
    const wait = takeoverAfterMs(7000, 143);
    const cases: [string, Partial<Beat>][] = [
      ['of before the taking', { tokens: [], seq: 900 }],
      ['of another boot', { tokens: [], bootId: 'another', holdForMs: 600 }],
      ['of another boot that lists the token', { bootId: 'another', holdForMs: 600 }],
      ['of another identity', { tokens: [], identity: 'another', holdForMs: 600 }],
    ];
    for (const [what, parts] of cases) {
      const at = takeableAt(goneHolder({ record, observations: heard(parts) }));
      t.equal(at, after(ago(1000), wait), what);
    }
    t.end();
  },
);

await t.test(
  'rule 8 [H4]: a vanished heartbeat key is a change: the ceiling counts from this look',
  (t) => {
    const record = recordOf(dead, { ceilingMs: 7000 });
    const vanished = heard();
    vanished.miss('a', 45, NOW);
    const wait = takeoverAfterMs(7000, 143);
    t.equal(takeableAt(goneHolder({ record, observations: vanished })), after(NOW, wait));
    const neverSeen = observationsOf();
    t.equal(takeableAt(goneHolder({ record, observations: neverSeen })), after(NOW, wait));
    const garbage = observationsOf({ node: 'a', beat: undefined, revision: 44, at: ago(1000) });
    t.equal(takeableAt(goneHolder({ record, observations: garbage })), after(ago(1000), wait));
    t.end();
  },
);

await t.test(
  'rule 6 [H7, H12]: at once when a later beat of the same life lists it no more',
  (t) => {
    t.ok(takeableAt(goneHolder({ observations: heard({ tokens: [], seq: 901 }) })) <= NOW);
    const all = takeableAt(goneHolder({ observations: heard({ tokens: 'all', seq: 901 }) }));
    t.ok(all > NOW, 'a beat that lists everything lists it');
    t.end();
  },
);

await t.test(
  'rule 6 [H7]: a beat of another boot, or not above the taking, is no such proof',
  (t) => {
    for (const parts of [
      { bootId: 'another', seq: 5000 },
      { identity: 'another', seq: 5000 },
      { seq: 900 },
    ]) {
      const at = takeableAt(goneHolder({ observations: heard({ ...parts, tokens: [] }) }));
      t.ok(at > NOW, JSON.stringify(parts));
    }
    t.end();
  },
);

await t.test('rule 8: the silence that a taking rests on is compared by it', (t) => {
  const { silent } = takeable(goneHolder());
  t.strictSame(silent, { node: 'a', revision: 40 }, 'the last beat');
  const vanished = heard();
  vanished.miss('a', 45, NOW);
  for (const observations of [vanished, observationsOf()]) {
    const gone = takeable(goneHolder({ observations }));
    t.strictSame(gone.silent, { node: 'a', revision: 0 }, 'none');
  }
  const unlisted = takeable(goneHolder({ observations: heard({ tokens: [], seq: 901 }) }));
  t.equal(unlisted.silent, undefined, 'nothing to be silent about');
  t.end();
});

await t.test('rule 8: a holder that beats on without its key is waited for', (t) => {
  const stamps = new Stamps();
  const observations = heard();
  const look = (now: Instant) => takeable(goneHolder({ stamps, observations, now, readAt: now }));
  look(NOW);
  for (const [at, holdForMs] of [4000, 600, 4000].entries()) {
    const now = after(NOW, 3000 * at);
    const value = encodeBeat(beatOf('a', { seq: 1001 + at, tokens: listing(token), holdForMs }));
    const kv = { key: KEYS.node('a'), value, createRevision: 1, lease: leaseOf('a') };
    observations.see({ ...kv, modRevision: 60 + at }, now);
    const { at: due, silent } = look(now);
    t.equal(due, after(now, takeoverAfterMs(holdForMs, 143)), 'from its last beat');
    t.strictSame(silent, { node: 'a', revision: 60 + at });
  }
  const beating = observationsOf({
    node: 'a',
    beat: beatOf('a', { tokens: listing(token) }),
    revision: 70,
    at: longest,
  });
  const last = takeable(goneHolder({ stamps, observations: beating, now: longest }));
  t.strictSame(last, { at: longest }, 'but for no longer than any proof serves without its key');
  t.end();
});

await t.test('rule 8: a key that somebody took off its lease is not gone', (t) => {
  const stamps = new Stamps();
  takeable(goneHolder({ stamps, leaseless: [dead.key] }));
  const last = after(longest, 60_000);
  const beating = observationsOf({
    node: 'a',
    beat: beatOf('a', { tokens: listing(token) }),
    revision: 70,
    at: last,
  });
  const parts = { stamps, observations: beating, now: last, readAt: last };
  t.strictSame(
    takeable(goneHolder({ ...parts, leaseless: [dead.key] })),
    { at: after(last, TAKEOVER_MS), silent: { node: 'a', revision: 70 } },
    'its holder proves it exactly, for as long as it beats',
  );
  t.strictSame(takeable(goneHolder({ ...parts, leaseless: ['another'] })), { at: longest });
  t.end();
});

await t.test('a heartbeat key that was seen and lost again is waited for anew', (t) => {
  const stamps = new Stamps();
  const look = (now: Instant, observations = observationsOf()) =>
    takeableAt(goneHolder({ stamps, observations, now, readAt: now }));
  t.equal(look(NOW), after(NOW, TAKEOVER_MS), 'never seen');
  const seen = observationsOf({
    node: 'a',
    beat: beatOf('a', { tokens: listing(token) }),
    revision: 60,
    at: after(NOW, 2000),
  });
  look(after(NOW, 2000), seen);
  t.equal(look(after(NOW, 3000)), after(NOW, 3000 + TAKEOVER_MS));
  t.end();
});

await t.test('no record is waited out anew when our reads failed meanwhile', (t) => {
  const stamps = new Stamps();
  t.equal(takeableAt(situation({ queue: [own], stamps })), longest);
  const later = after(NOW, LONGEST_TAKEOVER_AFTER_MS);
  const again = { queue: [own], stamps, now: later, readAt: later, readsGoodSince: later };
  t.equal(takeableAt(situation(again)), after(later, LONGEST_TAKEOVER_AFTER_MS));
  t.end();
});

await t.test(
  'rule 8 [H5, A4]: no record is waited out by the longest promise, from the first look',
  (t) => {
    const stamps = new Stamps();
    const behind = { queue: [dead, own], stamps };
    t.equal(takeableAt(situation(behind)), longest, 'dated although another is first');
    const later = after(NOW, 3000);
    const first = { queue: [own], stamps, now: later, readAt: later };
    t.equal(takeableAt(situation(first)), longest, 'not from becoming first');
    t.end();
  },
);

await t.test('rule 8 [A4]: before we are in the queue at all a condition is dated, too', (t) => {
  const stamps = new Stamps();
  takeableAt(situation({ stamps }));
  const later = after(NOW, 3000);
  t.equal(takeableAt(situation({ queue: [own], stamps, now: later, readAt: later })), longest);
  t.end();
});

await t.test(
  'rule 8 [H5]: a record that cannot be read is like none; another one starts anew',
  (t) => {
    const stamps = new Stamps();
    t.equal(takeableAt(situation({ queue: [own], recordRevision: 30, stamps })), longest);
    const later = after(NOW, 3000);
    const changed = { queue: [own], recordRevision: 31, stamps, now: later, readAt: later };
    t.equal(takeableAt(situation(changed)), after(later, LONGEST_TAKEOVER_AFTER_MS));
    t.end();
  },
);

await t.test(
  'rule 8 [H8]: a foreign record is waited out by the longest, once no foreigner leads',
  (t) => {
    const stamps = new Stamps();
    const record = recordOf(foreigner(10), { state: 'foreign' });
    const led = situation({ queue: [foreigner(10), own], record, stamps });
    t.equal(takeableAt(led), NEVER);
    const later = after(NOW, 60_000);
    const over = situation({ queue: [own], record, stamps, now: later, readAt: later });
    t.equal(takeableAt(over), after(later, LONGEST_TAKEOVER_AFTER_MS), 'from the end of its lead');
    t.end();
  },
);

await t.test('rule 8: in a foreign election the end of an unseen leader is waited out', (t) => {
  const record = recordOf(dead, { state: 'released' });
  t.equal(takeableAt(situation({ queue: [own], record, foreignElection: true })), longest);
  t.end();
});

await t.test(
  'rule 8: in a foreign election the end of a leader that we saw live is no wait',
  (t) => {
    const stamps = new Stamps();
    takeableAt(
      situation({ queue: [dead, own], record: recordOf(dead), foreignElection: true, stamps }),
    );
    const record = recordOf(dead, { state: 'released' });
    const at = takeableAt(
      situation({ queue: [own], record, recordRevision: 51, foreignElection: true, stamps }),
    );
    t.ok(at <= NOW);
    t.end();
  },
);

await t.test(
  'rule 8: in a foreign election a leader seen before our reads failed does not count',
  (t) => {
    const stamps = new Stamps();
    const seen = { queue: [dead, own], record: recordOf(dead), foreignElection: true, stamps };
    takeableAt(situation({ ...seen, readsGoodSince: ago(5000) }));
    const record = recordOf(dead, { state: 'released' });
    const over = { queue: [own], record, recordRevision: 51, foreignElection: true, stamps };
    t.equal(takeableAt(situation({ ...over, readsGoodSince: ago(100) })), longest);
    t.end();
  },
);

await t.test(
  'rule 14: our own earlier hold on this boot has ended, once nothing is claimed',
  (t) => {
    const record = recordOf(candidate('s', 10), { token });
    t.ok(takeableAt(situation({ queue: [own], record })) <= NOW);
    t.ok(
      takeableAt(situation({ queue: [own], record, claimed: token })) > NOW,
      'not while claimed',
    );
    for (const other of [{ bootId: 'another' }, { identity: 'another' }]) {
      const at = takeableAt(situation({ queue: [own], record: { ...record, ...other } }));
      t.ok(at > NOW, JSON.stringify(other));
    }
    t.end();
  },
);

await t.test(
  'rules 15 and 16 [H10]: nothing is taken in the quarantine, whatever the record says',
  (t) => {
    const quarantineUntil = after(NOW, 12_000);
    for (const record of [recordOf(dead, { state: 'released' }), recordOf(own)]) {
      t.equal(takeableAt(situation({ queue: [own], record, quarantineUntil })), quarantineUntil);
    }
    const past = after(NOW, -1);
    const record = recordOf(dead, { state: 'released' });
    t.ok(takeableAt(situation({ queue: [own], record, quarantineUntil: past })) <= NOW);
    const longer = after(NOW, 1);
    t.equal(takeableAt(situation({ queue: [own], quarantineUntil: longer })), longest);
    t.end();
  },
);
