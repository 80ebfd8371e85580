import t from 'tap';
import { after, type Instant } from '../../src/clock.ts';
import { Pace } from '../../src/election/pace.ts';
import { TIMING } from '../fixtures/fast-timing.ts';

await t.test('rule 7: the pace is brisk while leading or claiming, sooner while overdue', (t) => {
  const pace = new Pace({ briskEveryMs: () => TIMING.heartbeatEveryMs, idleEveryMs: 3000 });
  const lastAt = 1e6 as Instant;
  const due = (agoMs?: number): number => {
    const confirmedSentAt = agoMs === undefined ? undefined : after(lastAt, -agoMs);
    return pace.dueAfter(lastAt, confirmedSentAt) - lastAt;
  };
  t.equal(due(), 3000);
  pace.brisk = true;
  t.equal(due(), TIMING.heartbeatEveryMs);
  t.equal(due(50), 100, 'confirmed in time');
  t.equal(due(100), 50, 'when the proof becomes overdue');
  t.equal(due(1000), 25, 'overdue: soon, but not at once');
  t.end();
});
