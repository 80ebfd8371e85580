// A head of the queue that holds nothing, or is not ours to depose.
import t from 'tap';
import { after } from '../../../src/clock.ts';
import { deposableAt, deposing, UNNAMED_HEAD_WAIT_MS } from '../../../src/election/deposing.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from '../../../src/election/promise.ts';
import { Stamps } from '../../../src/election/stamps.ts';
import { a, b, DEAD_MS, heard, own } from '../../fixtures/held-group.ts';
import {
  ago,
  candidate,
  foreigner,
  NOW,
  observationsOf,
  recordOf,
  situation,
} from '../../fixtures/situation.ts';

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
      silent: [{ node: 'a', revision: 40 }],
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
