// A holder that beats on and lists its token no more.
import t from 'tap';
import { after } from '../../../src/clock.ts';
import type { Beat } from '../../../src/election/beat.ts';
import { deposableAt, deposing } from '../../../src/election/deposing.ts';
import { takeoverAfterMs } from '../../../src/election/promise.ts';
import { Stamps } from '../../../src/election/stamps.ts';
import { a, behindHolder } from '../../fixtures/held-group.ts';
import {
  beatOf,
  listing,
  NOW,
  observationsOf,
  recordOf,
  TAKEOVER_MS,
} from '../../fixtures/situation.ts';

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
      silent: [],
      endsHold: true,
    });
    t.end();
  },
);

await t.test('rule 11 [H7]: counted from when a watch told of it, after the last read', (t) => {
  const look = beatingHolder(new Stamps());
  const wait = takeoverAfterMs(9000, 143);
  const told = { ...look(900, []), readAt: NOW };
  t.equal(deposableAt(told, a), after(NOW, 900 + wait));
  t.end();
});

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
