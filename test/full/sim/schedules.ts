// 20,000 schedules with every seed from 1 on: what npm test has no time for.
import t from 'tap';
import { soak } from '../../sim/soak/soak.ts';

const SCHEDULES = [
  [undefined, 15_000],
  ['mixed', 5000],
] as const;
/** Two cores that have nothing else to do need about 6 minutes for all. */
const WITHIN_MS = 1_800_000;

t.setTimeout(WITHIN_MS);

for (const [profiles, count] of SCHEDULES) {
  await t.test(
    `no schedule breaks an invariant: profiles ${profiles ?? 'seconds'}`,
    { timeout: WITHIN_MS },
    async (t) => {
      const options = { schedules: count, firstSeed: 1, workers: 2, profiles };
      const { schedules, failures } = await soak({ ...options, operations: false });
      t.equal(schedules, count);
      t.strictSame(failures, []);
    },
  );
}
