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
