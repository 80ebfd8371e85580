import * as fc from 'fast-check';
import t from 'tap';
import { timingFor } from '../../src/config/profiles.ts';
import * as timing from '../../src/config/timing.ts';
import {
  LONGEST_FENCE_LATENCY_MS,
  LONGEST_HOLD_FOR_MS,
  LONGEST_TAKEOVER_AFTER_MS,
  RHO,
  takeoverAfterMs,
} from '../../src/election/promise.ts';

await t.test('takeoverAfter of the profiles of design §4', (t) => {
  t.equal(takeoverAfterMs(4000, 143), 4900);
  t.equal(takeoverAfterMs(3000, 130), 3700);
  t.equal(takeoverAfterMs(600, 35), 750);
  t.end();
});

await t.test('Words: the shortest whole wait that covers a promise on the worst clocks', (t) => {
  const promise = fc.integer({ min: 1, max: 86_400_000 });
  const latency = fc.integer({ min: 0, max: 10_000 });
  const room = 1e-6;
  fc.assert(
    fc.property(promise, latency, (holdForMs, latencyMs) => {
      const wait = takeoverAfterMs(holdForMs, latencyMs);
      const owed = holdForMs * (1 + RHO) + latencyMs;
      return (
        Number.isInteger(wait) &&
        wait * (1 - RHO) >= owed - room &&
        (wait - 1) * (1 - RHO) < owed + room
      );
    }),
  );
  t.end();
});

await t.test('the configuration promises no more than the longest that others wait out', (t) => {
  t.equal(timing.HOLD_FOR_MAX_MS, LONGEST_HOLD_FOR_MS);
  const { fenceLatencyMs } = timingFor({ profile: 'seconds' });
  t.ok(fenceLatencyMs <= LONGEST_FENCE_LATENCY_MS);
  t.equal(
    LONGEST_TAKEOVER_AFTER_MS,
    takeoverAfterMs(LONGEST_HOLD_FOR_MS, LONGEST_FENCE_LATENCY_MS),
  );
  t.end();
});
