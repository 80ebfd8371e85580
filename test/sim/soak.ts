import t from 'tap';
import { soak } from './soak/soak.ts';

/**
 * Schedules of `npm test`, by the profiles of their hosts; `npm run soak` takes other seeds, and more. One
 * with mixed profiles takes twice as long: a fast holder beats five times as often.
 */
const SCHEDULES = [
  [undefined, 15_000, false],
  ['mixed', 5000, false],
  ['mixed', 800, true],
] as const;
/** Two cores that have nothing else to do need about 3 minutes for all. */
const WITHIN_MS = 900_000;

t.setTimeout(WITHIN_MS);

for (const [profiles, count, operations] of SCHEDULES) {
  await t.test(
    `no schedule breaks an invariant, and after its faults somebody holds: profiles ${profiles ?? 'seconds'}${operations ? ', with operations' : ''}`,
    { timeout: WITHIN_MS },
    async (t) => {
      const options = { schedules: count, firstSeed: 1, workers: 2, profiles, operations };
      const { schedules, failures } = await soak(options);
      t.equal(schedules, count);
      t.strictSame(failures, []);
    },
  );
}
