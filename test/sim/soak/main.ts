/** `npm run soak -- --schedules N --seed S [--workers W] [--profiles mixed|retimed|fast|steady|adaptive] [--operations]` */
import { runSchedule } from '../world/run.ts';
import { scheduleOf } from '../world/schedule.ts';
import { soakOptions } from './options.ts';
import { shrink, withFaults } from './shrink.ts';
import { focusOf, soak } from './soak.ts';
import { describeSummary } from './summary.ts';

/** Failures that are shrunk: each takes some dozen runs. */
const MAX_SHRUNK = 5;

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const startedAt = performance.now();
const options = soakOptions(process.argv.slice(2));
const summary = await soak(options, process.env['SIM_MUTANT'], ({ schedules, failures }) => {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const found = `${failures.length} violations`;
  process.stderr.write(`${schedules} of ${options.schedules} in ${seconds} s, ${found}\n`);
  for (const { seed, message } of failures.slice(-1))
    process.stderr.write(`  ${seed}: ${message}\n`);
});
const { profiles, operations } = options;
const again =
  (profiles === undefined ? '' : ` --profiles ${profiles}`) +
  (operations === true ? ' --operations' : '');
write(describeSummary(summary, (performance.now() - startedAt) / 1000, again));
for (const { seed, invariant } of summary.failures.slice(0, MAX_SHRUNK)) {
  const schedule = scheduleOf(seed, focusOf(options));
  const total = schedule.faults.length;
  const kept = await shrink(total, async (faults) => {
    const { violation } = await runSchedule(withFaults(schedule, faults));
    return violation?.invariant === invariant;
  });
  write(
    `${kept.length} of ${total} faults are enough: npm run replay -- ${seed}${again} --faults ${kept.join(',')}`,
  );
}
process.exitCode = summary.failures.length === 0 ? 0 : 1;
