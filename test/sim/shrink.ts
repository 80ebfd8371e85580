import t from 'tap';
import { shrink, withFaults } from './soak/shrink.ts';
import { scheduleOf } from './world/schedule.ts';

await t.test('of many faults those are left that it takes', async (t) => {
  const needed = [3, 11, 12];
  const kept = await shrink(20, async (faults) => needed.every((each) => faults.includes(each)));
  t.strictSame(kept, needed);
});

await t.test('either of two is enough: one is left', async (t) => {
  const kept = await shrink(9, async (faults) => faults.includes(2) || faults.includes(7));
  t.equal(kept.length, 1);
});

await t.test('none is left where it fails without any', async (t) => {
  t.strictSame(await shrink(5, async () => true), []);
  t.strictSame(await shrink(0, async () => true), []);
});

await t.test('all else of the schedule stays as it was', (t) => {
  const schedule = scheduleOf(3);
  const { faults, ...rest } = withFaults(schedule, [0]);
  t.strictSame(faults, schedule.faults.slice(0, 1));
  t.strictSame({ ...rest, faults: schedule.faults }, schedule);
  t.end();
});
