import t from 'tap';
import { after, type Instant } from '../../src/clock.ts';
import { Pace } from '../../src/election/pace.ts';
import { TIMING } from '../fixtures/fast-timing.ts';

const IDLE_MS = 3000;
const lastAt = 1e6 as Instant;

/** The pace of a node, and whether its beats list a token. */
function paceOf() {
  const tokens = { listed: false };
  const pace = new Pace({
    briskEveryMs: () => TIMING.heartbeatEveryMs,
    idleEveryMs: IDLE_MS,
    lists: () => tokens.listed,
  });
  return { pace, tokens };
}

await t.test('rule 7: the pace is brisk while leading or claiming, sooner while overdue', (t) => {
  const { pace } = paceOf();
  const due = (agoMs?: number): number => {
    const confirmedSentAt = agoMs === undefined ? undefined : after(lastAt, -agoMs);
    return pace.dueAfter(lastAt, confirmedSentAt) - lastAt;
  };
  t.equal(due(), IDLE_MS);
  pace.first = true;
  t.equal(due(), TIMING.heartbeatEveryMs);
  t.equal(due(50), 100, 'confirmed in time');
  t.equal(due(100), 50, 'when the proof becomes overdue');
  t.equal(due(1000), 25, 'overdue: soon, but not at once');
  t.end();
});

await t.test('rule 7: a token that is listed is reason enough, whatever has been read', (t) => {
  const { pace, tokens } = paceOf();
  tokens.listed = true;
  t.equal(pace.everyMs, TIMING.heartbeatEveryMs);
  t.equal(pace.brisk, true);
  t.end();
});

await t.test(
  'rule 7 [A7]: what a beat has announced is kept: the next one announces the idle pace',
  (t) => {
    const { pace } = paceOf();
    pace.first = true;
    t.equal(pace.announce(), TIMING.heartbeatEveryMs);
    pace.first = false;
    t.equal(pace.dueAfter(lastAt, undefined) - lastAt, TIMING.heartbeatEveryMs, 'as announced');
    t.equal(pace.announce(), IDLE_MS);
    t.equal(pace.dueAfter(lastAt, undefined) - lastAt, IDLE_MS);
    t.end();
  },
);
