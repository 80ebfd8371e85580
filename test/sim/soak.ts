import t from 'tap';
import { soak } from './soak/soak.ts';

/** Seeds of `npm test`, of each kind; `npm run soak` takes others, and more. */
const SCHEDULES = 10_000;
/** Two cores that have nothing else to do need about 3 minutes for both. */
const WITHIN_MS = 900_000;

t.setTimeout(WITHIN_MS);

for (const profiles of [undefined, 'mixed'] as const) {
  await t.test(
    `no schedule breaks an invariant, and after its faults somebody holds: profiles ${profiles ?? 'seconds'}`,
    { timeout: WITHIN_MS },
    async (t) => {
      const options = { schedules: SCHEDULES, firstSeed: 1, workers: 2, profiles };
      const { schedules, failures } = await soak(options);
      t.equal(schedules, SCHEDULES);
      t.strictSame(failures, []);
    },
  );
}
