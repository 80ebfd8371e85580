// The key of the holder is gone: how long its hold may last.
import t from 'tap';
import { after, elapsedMs, type Instant } from '../../../src/clock.ts';
import { encodeBeat, type Beat } from '../../../src/election/beat.ts';
import { takeoverAfterMs } from '../../../src/election/promise.ts';
import { Stamps } from '../../../src/election/stamps.ts';
import { takeable } from '../../../src/election/taking.ts';
import { dead, goneHolder, heard, longest, takeableAt, token } from '../../fixtures/gone-holder.ts';
import {
  ago,
  beatOf,
  KEYS,
  leaseOf,
  listing,
  NOW,
  observationsOf,
  recordOf,
  TAKEOVER_MS,
} from '../../fixtures/situation.ts';

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
    const toldSince = goneHolder({ record, observations: vanished, readAt: ago(1000) });
    t.equal(takeableAt(toldSince), after(NOW, wait), 'a watch told of it after that look');
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
  takeable(goneHolder({ stamps, leaseless: [dead] }));
  const last = after(longest, 60_000);
  const beating = observationsOf({
    node: 'a',
    beat: beatOf('a', { tokens: listing(token) }),
    revision: 70,
    at: last,
  });
  const parts = { stamps, observations: beating, now: last, readAt: last };
  t.strictSame(
    takeable(goneHolder({ ...parts, leaseless: [dead] })),
    { at: after(last, TAKEOVER_MS), silent: { node: 'a', revision: 70 } },
    'its holder proves it exactly, for as long as it beats',
  );
  // Deleted besides, its holder may hold for as long as after any deletion.
  const deleted = takeable(
    goneHolder({ ...parts, leaseless: [{ key: 'another', createRevision: 5 }] }),
  );
  t.strictSame(deleted, { at: after(last, TAKEOVER_MS), silent: { node: 'a', revision: 70 } });
  const later = after(last, elapsedMs(NOW, longest));
  const still = observationsOf({
    node: 'a',
    beat: beatOf('a', { tokens: listing(token) }),
    revision: 90,
    at: later,
  });
  const known = { stamps, observations: still, now: later, readAt: later };
  t.strictSame(takeable(goneHolder({ ...known, leaseless: [] })), { at: later });
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
