/** `npm run soak -- --schedules N --seed S [--workers W]` */
import { runSchedule } from '../world/run.ts';
import { scheduleOf } from '../world/schedule.ts';
import { soakOptions } from './options.ts';
import { shrink, withFaults } from './shrink.ts';
import { soak } from './soak.ts';
import { describeSummary } from './summary.ts';

/** Failures that are shrunk: each takes some dozen runs. */
const MAX_SHRUNK = 5;

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const startedAt = performance.now();
const summary = await soak(soakOptions(process.argv.slice(2)), process.env['SIM_MUTANT']);
write(describeSummary(summary, (performance.now() - startedAt) / 1000));
for (const { seed, invariant } of summary.failures.slice(0, MAX_SHRUNK)) {
  const schedule = scheduleOf(seed);
  const total = schedule.faults.length;
  const kept = await shrink(total, async (faults) => {
    const { violation } = await runSchedule(withFaults(schedule, faults));
    return violation?.invariant === invariant;
  });
  write(
    `${kept.length} of ${total} faults are enough: npm run replay -- ${seed} --faults ${kept.join(',')}`,
  );
}
process.exitCode = summary.failures.length === 0 ? 0 : 1;
