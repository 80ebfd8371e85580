// Candidates behind the head that are dead.
import t from 'tap';
import type { Beat } from '../../../src/election/beat.ts';
import { deadCandidates, deposing, UNNAMED_HEAD_WAIT_MS } from '../../../src/election/deposing.ts';
import { a, b, c, DEAD_MS, deadOf, heard, holderHeard, own } from '../../fixtures/held-group.ts';
import {
  ago,
  foreigner,
  observationsOf,
  recordOf,
  situation,
  TAKEOVER_MS,
} from '../../fixtures/situation.ts';

await t.test(
  'rule 7 [A7]: a candidate is dead 1.2 announced beats and takeoverAfter after its last',
  (t) => {
    const queue = [a, b, own];
    const deadFor = (ms: number, parts: Partial<Beat> = {}) =>
      deadCandidates(situation({ queue, observations: observationsOf(heard('b', ms, parts)) }), 1)
        .candidates;
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
    deadCandidates(situation({ queue: [a, b, c, own], record, observations }), 1).candidates;
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
    ).candidates;
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
  const silent = ['a', 'b', 'c'].map((node) => ({ node, revision: 40 }));
  t.strictSame(due?.silent, silent, 'the silence that is compared');
  t.end();
});

await t.test('rule 7: who has not read lately does not know who is silent', (t) => {
  const observations = observationsOf(heard('b', DEAD_MS));
  const parts = { queue: [a, b, own], observations };
  t.strictSame(deadCandidates(situation({ ...parts, readAt: ago(1) }), 1).candidates, []);
  t.strictSame(deadCandidates(situation(parts), 1), {
    candidates: [b],
    silent: [{ node: 'b', revision: 40 }],
  });
  t.end();
});
