import t from 'tap';
import { PROFILES, timingFor, withoutFence } from '../../src/config/profiles.ts';
import { HOLD_FOR_MIN_MS, smallestHoldForMs, timingProblems } from '../../src/config/timing.ts';

await t.test('each profile is what the design says, and nothing is wrong with it', async (t) => {
  const figures = PROFILES.map((profile) => {
    const timing = timingFor({ profile });
    t.strictSame(timingProblems(timing), [], profile);
    const { heartbeatEveryMs, requestDeadlineMs, graceMs, holdForMs, takeoverAfterMs } = timing;
    return [profile, heartbeatEveryMs, requestDeadlineMs, graceMs, holdForMs, takeoverAfterMs];
  });
  t.strictSame(figures, [
    ['steady', 500, 800, 1800, 3000, 3700],
    ['fast', 100, 250, 450, 600, 750],
    ['adaptive', 500, 800, 1800, 3000, 3700],
    ['seconds', 500, 800, 1800, 4000, 4900],
  ]);
});

await t.test('adaptive goes from steady down to fast', async (t) => {
  const { shortest, ...longest } = timingFor({ profile: 'adaptive' });
  t.match({ ...timingFor({ profile: 'steady' }), profile: 'adaptive' }, longest);
  t.match(timingFor({ profile: 'fast' }), shortest ?? { none: true });
  for (const profile of ['steady', 'fast', 'seconds'] as const) {
    t.equal(timingFor({ profile }).shortest, undefined);
  }
});

await t.test('the smallest hold time of each', async (t) => {
  const least = PROFILES.map((profile) => smallestHoldForMs(timingFor({ profile })));
  t.strictSame(least, [1400, 450, 1400, 3400]);
});

await t.test('without a fence: profile seconds, the hold time kept where it will do', async (t) => {
  const wanted = timingFor({ profile: 'fast', announceEveryMs: 5000 });
  t.strictSame(
    withoutFence(wanted, HOLD_FOR_MIN_MS),
    timingFor({ profile: 'seconds', announceEveryMs: 5000 }),
  );
  const longer = timingFor({ profile: 'steady', holdForMs: 8000 });
  t.equal(withoutFence(longer, HOLD_FOR_MIN_MS).holdForMs, 8000);
  const least = timingFor({ profile: 'steady', holdForMs: HOLD_FOR_MIN_MS });
  t.equal(withoutFence(least, HOLD_FOR_MIN_MS).holdForMs, HOLD_FOR_MIN_MS);
});
