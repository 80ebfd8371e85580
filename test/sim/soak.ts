import t from 'tap';
import { soak } from './soak/soak.ts';

/** Seeds of `npm test`; `npm run soak` takes others, and more. */
const SCHEDULES = 1000;

await t.test('no schedule breaks an invariant, and after its faults somebody holds', async (t) => {
  const { schedules, failures } = await soak({ schedules: SCHEDULES, firstSeed: 1, workers: 2 });
  t.equal(schedules, SCHEDULES);
  t.strictSame(failures, []);
});
