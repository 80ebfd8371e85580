import t from 'tap';
import { soak } from './soak/soak.ts';

/** Seeds of `npm test`; `npm run soak` takes others, and more. */
const SCHEDULES = 20_000;
/** Two cores that have nothing else to do need about 3 minutes. */
const WITHIN_MS = 900_000;

t.setTimeout(WITHIN_MS);

await t.test(
  'no schedule breaks an invariant, and after its faults somebody holds',
  { timeout: WITHIN_MS },
  async (t) => {
    const { schedules, failures } = await soak({ schedules: SCHEDULES, firstSeed: 1, workers: 2 });
    t.equal(schedules, SCHEDULES);
    t.strictSame(failures, []);
  },
);
