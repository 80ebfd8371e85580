import * as fc from 'fast-check';
import t from 'tap';
import {
  ARM_WITHIN_MS,
  HOLD_FOR_MAX_MS,
  HOLD_FOR_MIN_MS,
  smallestHoldForMs,
  timingProblems,
} from '../../src/config/timing.ts';
import { timingFor } from '../../src/config/profiles.ts';
import { LONGEST_TAKEOVER_AFTER_MS, RHO, takeoverAfterMs } from '../../src/election/promise.ts';

const promise = fc.integer({ min: 1, max: 100_000 });
const latency = fc.integer({ min: 0, max: 5000 });
const holdFor = fc.integer({ min: HOLD_FOR_MIN_MS, max: HOLD_FOR_MAX_MS });

/** Thousandths of a millisecond that a takeover must outlast. */
function owed(hold: number, late: number): number {
  return hold * 1085 + late * 1000;
}

await t.test('profile seconds is what the design says, and nothing is wrong with it', async (t) => {
  const timing = timingFor({ profile: 'seconds' });
  t.same(timing, {
    profile: 'seconds',
    heartbeatEveryMs: 500,
    requestDeadlineMs: 800,
    graceMs: 1800,
    holdForMs: 4000,
    fenceLatencyMs: 143,
    takeoverAfterMs: 4900,
    announceEveryMs: 3000,
    leaseTtlMs: 15_000,
  });
  t.same(timingProblems(timing), []);
});

await t.test('the takeovers of the later profiles follow from the same inequality', async (t) => {
  t.equal(takeoverAfterMs(3000, 130), 3700);
  t.equal(takeoverAfterMs(600, 35), 750);
  t.equal(LONGEST_TAKEOVER_AFTER_MS, 12_015);
});

await t.test('takeover is the smallest whole millisecond that satisfies it', async () => {
  fc.assert(
    fc.property(promise, latency, (hold, late) => {
      const takeover = takeoverAfterMs(hold, late);
      return takeover * 915 >= owed(hold, late) && (takeover - 1) * 915 < owed(hold, late);
    }),
  );
});

await t.test('the slowest holder has let go before the fastest candidate takes over', async (t) => {
  t.equal(RHO, 0.085);
  const rate = fc.double({ min: 1 - RHO, max: 1 + RHO, noNaN: true });
  fc.assert(
    fc.property(promise, latency, rate, rate, (hold, late, holder, candidate) => {
      // True time: an interval of one's own clock divided by the rate of that clock.
      const taken = takeoverAfterMs(hold, late) / candidate;
      const released = hold / holder + late / candidate;
      return taken >= released - 1e-6;
    }),
  );
});

await t.test('every hold time within the limits works, and none outside', async (t) => {
  fc.assert(
    fc.property(
      holdFor,
      (holdForMs) => timingProblems(timingFor({ profile: 'seconds', holdForMs })).length === 0,
    ),
  );
  const short = timingProblems(timingFor({ profile: 'seconds', holdForMs: HOLD_FOR_MIN_MS - 1 }));
  t.match(short, [{ field: 'holdFor', remedy: 'the smallest value that works is 3.4s' }]);
  t.equal(short.length, 1);
  const long = timingProblems(timingFor({ profile: 'seconds', holdForMs: HOLD_FOR_MAX_MS + 1 }));
  t.match(long, [{ field: 'holdFor', remedy: 'the largest value allowed is 10s' }]);
});

await t.test('the smallest hold time that a problem names works, its predecessor not', async () => {
  const beat = fc.integer({ min: 1, max: 3000 });
  fc.assert(
    fc.property(beat, (heartbeatEveryMs) => {
      const timing = timingFor({ profile: 'seconds', heartbeatEveryMs, holdForMs: 1 });
      const least = smallestHoldForMs(timing);
      const problemsAt = (holdForMs: number): number =>
        timingProblems(timingFor({ profile: 'seconds', heartbeatEveryMs, holdForMs })).length;
      return problemsAt(least) === 0 && problemsAt(least - 1) === 1;
    }),
  );
});

await t.test('an armed address stays on its link until the next proof has armed it', async () => {
  const { heartbeatEveryMs, requestDeadlineMs } = timingFor({ profile: 'seconds' });
  const delay = fc.double({ min: 0, max: requestDeadlineMs + ARM_WITHIN_MS, noNaN: true });
  fc.assert(
    fc.property(holdFor, delay, (hold, armedAt) => {
      // Both counted from when the first beat was sent; the lifetime as in design §4.
      const lifetimeSeconds = Math.floor((hold - armedAt - 1000) / 1000);
      const goneAt = armedAt + lifetimeSeconds * 1000;
      const nextArmedAt = heartbeatEveryMs + requestDeadlineMs + ARM_WITHIN_MS;
      const goneLate = goneAt + 1000;
      return lifetimeSeconds >= 1 && goneAt >= nextArmedAt && goneLate <= hold;
    }),
  );
});

await t.test('each inequality is checked by itself', async (t) => {
  const timing = timingFor({ profile: 'seconds' });
  const fieldsOf = (change: object): string[] =>
    timingProblems({ ...timing, ...change }).map(({ field }) => field);
  t.same(fieldsOf({ graceMs: 1799 }), ['graceMs']);
  t.same(fieldsOf({ takeoverAfterMs: 4899 }), ['takeoverAfterMs']);
  t.same(fieldsOf({ leaseTtlMs: 4900 + 1299 }), ['leaseTtl']);
  t.same(fieldsOf({ leaseTtlMs: 300_001 }), ['leaseTtl']);
  t.same(fieldsOf({ announceEveryMs: 499 }), ['announceEvery']);
  t.same(fieldsOf({ announceEveryMs: 60_001 }), ['announceEvery']);
  t.same(fieldsOf({ announceEveryMs: 3000.5 }), ['announceEvery']);
  t.same(fieldsOf({ announceEveryMs: Number.NaN }), ['announceEvery']);
  t.same(fieldsOf({ heartbeatEveryMs: 0 }), ['heartbeatEveryMs']);
});
