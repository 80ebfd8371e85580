// Elections in which others than ours lead.
import t from 'tap';
import { after } from '../../../src/clock.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from '../../../src/election/promise.ts';
import { Stamps } from '../../../src/election/stamps.ts';
import { dead, longest, NEVER, own, takeableAt } from '../../fixtures/gone-holder.ts';
import { ago, foreigner, NOW, recordOf, situation } from '../../fixtures/situation.ts';

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
  'rule 8, 10 [H8]: a foreigner that could not be written down is waited out all the same',
  async (t) => {
    const released = recordOf(dead, { state: 'released' });
    for (const foreignElection of [true, false]) {
      const stamps = new Stamps();
      const seen = { record: released, recordRevision: 51, foreignElection, stamps };
      takeableAt(situation({ queue: [dead, own], ...seen, record: recordOf(dead) }));
      t.equal(takeableAt(situation({ queue: [foreigner(10), own], ...seen })), Infinity);
      t.equal(takeableAt(situation({ queue: [own], ...seen })), longest, 'from its end on');
      const later = after(NOW, 5000);
      const again = { queue: [own], ...seen, readAt: later, now: later };
      t.equal(takeableAt(situation(again)), longest, 'and not from each look');
      const anew = { ...again, recordRevision: 52 };
      t.ok(takeableAt(situation(anew)) <= longest, 'a record that was written since counts');
      if (!foreignElection) t.equal(takeableAt(situation(anew)), later);
    }
  },
);

await t.test(
  'rule 8: in a foreign election a leader that never held was waiting itself: its end is no proof',
  async (t) => {
    const stamps = new Stamps();
    const record = recordOf(dead, { state: 'released' });
    const seen = { record, foreignElection: true, stamps };
    const other = { ...dead, key: `${dead.key}0`, createRevision: dead.createRevision + 1 };
    takeableAt(situation({ queue: [other, own], ...seen }));
    t.equal(takeableAt(situation({ queue: [own], ...seen })), longest);
  },
);

await t.test(
  'rule 8: in a foreign election nothing that was waited for before our reads failed counts',
  async (t) => {
    for (const state of ['unknown', 'foreign', 'held'] as const) {
      const stamps = new Stamps();
      const record = recordOf(dead, { state });
      const seen = { queue: [own], record, foreignElection: true, stamps };
      takeableAt(situation({ ...seen, readsGoodSince: ago(20_000), readAt: ago(15_000) }));
      t.equal(takeableAt(situation({ ...seen, readsGoodSince: ago(100) })), longest, state);
    }
  },
);

await t.test(
  'rule 8: while our reads fail nothing is taken in a foreign election, and no head counts as seen',
  async (t) => {
    const stamps = new Stamps();
    const failing = { foreignElection: true, stamps, readsGoodSince: undefined };
    takeableAt(situation({ queue: [dead, own], record: recordOf(dead), ...failing }));
    const record = recordOf(dead, { state: 'released' });
    t.equal(takeableAt(situation({ queue: [own], record, recordRevision: 51, ...failing })), NEVER);
  },
);
