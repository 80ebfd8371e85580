// What the record says of the last hold, and what we know of our own.
import t from 'tap';
import { after } from '../../../src/clock.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from '../../../src/election/promise.ts';
import { unknownRecord } from '../../../src/election/record.ts';
import { Stamps } from '../../../src/election/stamps.ts';
import { dead, longest, NEVER, own, takeableAt, token } from '../../fixtures/gone-holder.ts';
import { candidate, NOW, recordOf, situation } from '../../fixtures/situation.ts';

const unknown = unknownRecord(dead, 'b', 0);

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

await t.test('rule 8: nobody takes beside an absent record: it has no revision to go by', (t) => {
  t.equal(takeableAt(situation({ queue: [own] })), NEVER);
  t.end();
});

await t.test('rule 8: another `unknown` is waited out anew', (t) => {
  const stamps = new Stamps();
  t.equal(takeableAt(situation({ queue: [own], record: unknown, stamps })), longest);
  const later = after(NOW, LONGEST_TAKEOVER_AFTER_MS);
  const again = { queue: [own], record: unknown, recordRevision: 51, stamps };
  const at = takeableAt(situation({ ...again, now: later, readAt: later }));
  t.equal(at, after(later, LONGEST_TAKEOVER_AFTER_MS));
  t.end();
});

await t.test(
  'rule 8 [H5, A4]: `unknown` is waited out by the longest promise, from the first look',
  (t) => {
    const stamps = new Stamps();
    const behind = { queue: [dead, own], record: unknown, stamps };
    t.equal(takeableAt(situation(behind)), longest, 'dated although another is first');
    const later = after(NOW, 3000);
    const first = { queue: [own], record: unknown, stamps, now: later, readAt: later };
    t.equal(takeableAt(situation(first)), longest, 'not from becoming first');
    t.end();
  },
);

await t.test('rule 8 [A4]: before we are in the queue at all a condition is dated, too', (t) => {
  const stamps = new Stamps();
  takeableAt(situation({ record: unknown, stamps }));
  const later = after(NOW, 3000);
  const first = { queue: [own], record: unknown, stamps, now: later, readAt: later };
  t.equal(takeableAt(situation(first)), longest);
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
    t.equal(
      takeableAt(situation({ queue: [own], record: unknown, quarantineUntil: longer })),
      longest,
    );
    t.end();
  },
);
