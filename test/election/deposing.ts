import t from 'tap';
import { after } from '../../src/clock.ts';
import type { Beat } from '../../src/election/beat.ts';
import {
  deadCandidates,
  deposableAt,
  deposing,
  UNNAMED_HEAD_WAIT_MS,
} from '../../src/election/deposing.ts';
import { LONGEST_TAKEOVER_AFTER_MS, takeoverAfterMs } from '../../src/election/promise.ts';
import { Stamps } from '../../src/election/stamps.ts';
import type { Candidate } from '../../src/election/view.ts';
import {
  ago,
  beatOf,
  candidate,
  foreigner,
  leaseOf,
  listing,
  NOW,
  observationsOf,
  recordOf,
  situation,
  TAKEOVER_MS,
  type SeenBeat,
  type SituationParts,
} from '../fixtures/situation.ts';

const a = candidate('a', 10);
const b = candidate('b', 11);
const c = candidate('c', 12);
const own = candidate('s', 20);
/** What a candidate that holds nothing is waited for: 1.2 × 1300 + 4900. */
const DEAD_MS = 6460;

const heard = (node: string, msAgo: number, parts: Partial<Beat> = {}): SeenBeat => ({
  node,
  beat: beatOf(node, parts),
  revision: 40,
  at: ago(msAgo),
});
const holderHeard = (msAgo: number, parts: Partial<Beat> = {}): SeenBeat =>
  heard('a', msAgo, { tokens: listing(a), ...parts });
const deadOf = (queue: readonly Candidate[], ...beats: SeenBeat[]) =>
  deadCandidates(situation({ queue, observations: observationsOf(...beats) }), 1);
const behindHolder = (parts: SituationParts = {}) =>
  situation({
    queue: [a, own],
    record: recordOf(a),
    observations: observationsOf(holderHeard(0)),
    ...parts,
  });

await t.test(
  'rule 11: a holder may be deposed after its beat was silent for takeoverAfter',
  (t) => {
    t.equal(deposableAt(behindHolder(), a), after(NOW, TAKEOVER_MS));
    const silentFor = (ms: number) =>
      deposing(behindHolder({ observations: observationsOf(holderHeard(ms)) }));
    t.equal(silentFor(TAKEOVER_MS - 1), undefined);
    t.strictSame(silentFor(TAKEOVER_MS), {
      victims: [a],
      silent: { node: 'a', revision: 40 },
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

await t.test('rule 11 [H4]: a vanished heartbeat key is a change, and must stay away', (t) => {
  const record = recordOf(a, { ceilingMs: 7000 });
  const stamps = new Stamps();
  const observations = observationsOf(holderHeard(100_000));
  observations.miss('a', 45, ago(1000));
  const parts = { record, observations, stamps };
  const due = after(ago(1000), takeoverAfterMs(7000, 143));
  t.equal(deposableAt(behindHolder(parts), a), due);
  t.equal(deposing(behindHolder(parts)), undefined);
  t.match(deposing(behindHolder({ ...parts, now: due })), {
    victims: [a],
    silent: { node: 'a', revision: 0 },
    endsHold: true,
  });
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
  'rule 12 [A6]: the grace covers dead heads that hold nothing and vanished ones, too',
  (t) => {
    const readsGoodSince = ago(100);
    const grace = after(readsGoodSince, 2 * 500 + 800);
    const unnamed = observationsOf(heard('a', 100_000));
    const parts = { queue: [a, own], observations: unnamed, readsGoodSince };
    t.equal(deposableAt(situation(parts), a), grace);
    t.end();
  },
);

await t.test(
  'rule 7 [A7]: a candidate is dead 1.2 announced beats and takeoverAfter after its last',
  (t) => {
    const queue = [a, b, own];
    const deadFor = (ms: number, parts: Partial<Beat> = {}) =>
      deadCandidates(situation({ queue, observations: observationsOf(heard('b', ms, parts)) }), 1);
    t.strictSame(deadFor(DEAD_MS - 1), []);
    t.strictSame(deadFor(DEAD_MS), [b]);
    const fast = { holdForMs: 600, fenceLatencyMs: 35, nextBeatWithinMs: 3250 };
    t.strictSame(deadFor(1.2 * 3250 + 750 - 1, fast), [], 'never by a fast promise alone');
    t.strictSame(deadFor(1.2 * 3250 + 750, fast), [b]);
    t.end();
  },
);

await t.test(
  'rule 7: the dead end at the first that lives, is foreign, unknown or our own',
  (t) => {
    const old = 1_000_000;
    t.strictSame(deadOf([a, b, c, own], heard('b', old), heard('c', old)), [b, c]);
    t.strictSame(deadOf([a, b, c, own], heard('b', 0), heard('c', old)), [], 'b lives');
    t.strictSame(deadOf([a, b, c, own], heard('b', old), heard('c', 0)), [b], 'c lives');
    t.strictSame(deadOf([a, foreigner(11), c, own], heard('c', old)), [], '[H8] foreign');
    t.strictSame(deadOf([a, own, c], heard('c', old)), [], 'own');
    t.strictSame(deadOf([a, b, own]), [], 'no beat of it was ever seen');
    t.end();
  },
);

await t.test('rule 11 [H1]: the holder that the record names is none of the dead behind', (t) => {
  const observations = observationsOf(heard('b', 1_000_000), heard('c', 1_000_000));
  const behind = (record = recordOf(b)) =>
    deadCandidates(situation({ queue: [a, b, c, own], record, observations }), 1);
  t.strictSame(behind(), [], 'whoever deletes its key must say so in the record');
  t.strictSame(behind(recordOf(b, { state: 'deposed' })), [b, c]);
  t.end();
});

await t.test('rule 7: what cannot be read is not soon dead', (t) => {
  const queue = [a, b, own];
  const deadFor = (ms: number) =>
    deadCandidates(
      situation({
        queue,
        observations: observationsOf({ node: 'b', beat: undefined, revision: 1, at: ago(ms) }),
      }),
      1,
    );
  t.strictSame(deadFor(UNNAMED_HEAD_WAIT_MS), []);
  t.strictSame(deadFor(60_000), [b]);
  t.end();
});

await t.test('rules 7 and 11: the dead behind a silent holder go in the same transaction', (t) => {
  const observations = observationsOf(
    holderHeard(TAKEOVER_MS),
    heard('b', DEAD_MS),
    heard('c', DEAD_MS),
  );
  const due = deposing(situation({ queue: [a, b, c, own], record: recordOf(a), observations }));
  t.strictSame(due?.victims, [a, b, c]);
  t.strictSame(due?.silent, { node: 'a', revision: 40 }, 'the silence that is compared');
  t.end();
});

await t.test(
  'rule 10 [H9]: a head that the record does not name goes after the longest wait',
  (t) => {
    t.equal(UNNAMED_HEAD_WAIT_MS, Math.ceil(1.3 * LONGEST_TAKEOVER_AFTER_MS + 1000));
    const stamps = new Stamps();
    const parts = {
      queue: [a, own],
      record: recordOf(candidate('z', 1), { state: 'released' }),
      observations: observationsOf(heard('a', 0)),
      stamps,
    } as const;
    deposableAt(situation(parts), a);
    // It beats on, and stands in the way all the same.
    const beating = (ms: number) =>
      situation({
        ...parts,
        now: after(NOW, ms),
        readAt: after(NOW, ms),
        observations: observationsOf({ ...heard('a', 0), revision: 99, at: after(NOW, ms) }),
      });
    t.equal(deposing(beating(UNNAMED_HEAD_WAIT_MS - 1)), undefined);
    t.match(deposing(beating(UNNAMED_HEAD_WAIT_MS)), { victims: [a], endsHold: false });
    t.end();
  },
);

await t.test('rule 10 [H9]: a change of the record or of the head starts that wait anew', (t) => {
  const stamps = new Stamps();
  const observations = observationsOf(heard('a', 0), heard('b', 0));
  deposableAt(situation({ queue: [a, own], stamps, observations }), a);
  const later = after(NOW, 10_000);
  const parts = { stamps, now: later, readAt: later };
  const live = observationsOf({ ...heard('a', 0), at: later }, { ...heard('b', 0), at: later });
  const same = situation({ ...parts, queue: [a, own], observations: live });
  t.equal(deposableAt(same, a), after(later, DEAD_MS), 'sooner if it falls silent');
  const record = recordOf(candidate('z', 1), { state: 'released' });
  const none = observationsOf();
  const changed = situation({ ...parts, queue: [a, own], record, observations: none });
  t.equal(deposableAt(changed, a), after(later, UNNAMED_HEAD_WAIT_MS), 'another record');
  const head = situation({ ...parts, queue: [b, own], observations: none });
  t.equal(deposableAt(head, b), after(later, UNNAMED_HEAD_WAIT_MS), 'another head');
  t.end();
});

await t.test(
  'rule 11 [H1]: deposing a head that holds nothing does not end the hold of another',
  (t) => {
    const observations = observationsOf(heard('a', 100_000));
    const record = recordOf(candidate('z', 1));
    t.match(deposing(situation({ queue: [a, own], record, observations })), {
      victims: [a],
      silent: { node: 'a', revision: 40 },
      endsHold: false,
    });
    t.end();
  },
);

await t.test('[H8] a foreign leader is never deposed, whatever its value says', (t) => {
  const head = { ...foreigner(5), node: 'a' };
  const observations = observationsOf({ ...heard('a', 1e7), lease: head.lease });
  t.equal(
    deposing(situation({ queue: [head, own], observations, record: recordOf(head) })),
    undefined,
  );
  t.end();
});

await t.test('we do not depose ourselves, nor anybody from an empty queue', (t) => {
  t.equal(deposing(situation({ queue: [own, a] })), undefined);
  t.equal(deposing(situation()), undefined);
  t.end();
});

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

/** The holder beats every 500 ms under the life that took, and lists these tokens. */
function beatingHolder(stamps: Stamps, record = recordOf(a, { ceilingMs: 9000 })) {
  return (ms: number, tokens: readonly string[], parts: Partial<Beat> = {}) => {
    const at = after(NOW, ms);
    const beat = beatOf('a', { seq: 1000 + ms, tokens: [...tokens], ...parts });
    const observations = observationsOf({ node: 'a', beat, revision: 60 + ms, at });
    return behindHolder({ record, stamps, observations, now: at, readAt: at });
  };
}

await t.test(
  'rule 11 [H7]: a holder that beats and lists its token no more goes after the ceiling',
  (t) => {
    const look = beatingHolder(new Stamps());
    const wait = takeoverAfterMs(9000, 143);
    for (let ms = 0; ms < wait; ms += 500) {
      t.equal(deposableAt(look(ms, []), a), after(NOW, wait), 'counted from the first look');
      t.equal(deposing(look(ms, [])), undefined);
    }
    t.equal(deposing(look(wait - 1, [])), undefined, 'not before');
    t.strictSame(deposing(look(wait, [])), {
      victims: [a],
      // It is not silent: its next beat must not make the deposing fail.
      silent: undefined,
      endsHold: true,
    });
    t.end();
  },
);

await t.test('rule 11 [H7]: not when it lists the token again, and then counted anew', (t) => {
  const look = beatingHolder(new Stamps());
  const wait = takeoverAfterMs(9000, 143);
  deposableAt(look(0, []), a);
  const again = look(wait - 500, listing(a));
  t.equal(deposableAt(again, a), after(NOW, wait - 500 + TAKEOVER_MS), 'by its beat’s silence');
  t.equal(deposing(look(wait, listing(a))), undefined);
  t.equal(deposing(look(wait + 500, [])), undefined);
  t.equal(deposableAt(look(wait + 1000, []), a), after(NOW, wait + 500 + wait));
  t.end();
});

await t.test(
  'rule 11 [H12]: a beat of another life, or from before the taking, gives nothing up',
  (t) => {
    const wait = takeoverAfterMs(9000, 143);
    for (const parts of [{ identity: 'clone' }, { bootId: 'next' }, { seq: 900 }, { seq: 899 }]) {
      const look = beatingHolder(new Stamps());
      deposableAt(look(0, [], parts), a);
      const later = look(wait, [], parts);
      t.equal(deposableAt(later, a), after(NOW, 2 * wait), `${JSON.stringify(parts)}: by silence`);
      t.equal(deposing(later), undefined);
    }
    t.end();
  },
);

await t.test('rule 11 [H7]: a new record starts the wait for the given-up token anew', (t) => {
  const stamps = new Stamps();
  const wait = takeoverAfterMs(9000, 143);
  deposableAt(beatingHolder(stamps)(0, []), a);
  const record = recordOf(a, { ceilingMs: 9000 });
  const rewritten = { ...beatingHolder(stamps, record)(wait, []) };
  const situationNow = { ...rewritten, view: { ...rewritten.view, recordRevision: 77 } };
  t.equal(deposableAt(situationNow, a), after(NOW, 2 * wait));
  t.equal(deposing(situationNow), undefined);
  t.end();
});

await t.test('rule 12 [A6]: the grace covers a holder that gave up, too', (t) => {
  const look = beatingHolder(new Stamps());
  const wait = takeoverAfterMs(9000, 143);
  deposableAt(look(0, []), a);
  t.equal(deposing({ ...look(wait, []), readsGoodSince: undefined }), undefined);
  const readsGoodSince = after(NOW, wait - 100);
  const grace = after(readsGoodSince, 2 * 500 + 800);
  t.equal(deposableAt({ ...look(wait, []), readsGoodSince }, a), grace);
  t.end();
});

await t.test(
  'rule 11 [H4]: of a holder whose heartbeat was never seen the absence is compared',
  (t) => {
    const stamps = new Stamps();
    const parts = { observations: observationsOf(), stamps };
    deposableAt(behindHolder(parts), a);
    const later = after(NOW, TAKEOVER_MS);
    t.strictSame(deposing(behindHolder({ ...parts, now: later, readAt: later })), {
      victims: [a],
      silent: { node: 'a', revision: 0 },
      endsHold: true,
    });
    const record = recordOf({ ...a, node: 'renamed' });
    const named = behindHolder({ ...parts, record, now: later, readAt: later });
    t.match(deposing(named), { silent: { node: 'renamed', revision: 0 } }, 'by the record’s name');
    t.end();
  },
);
