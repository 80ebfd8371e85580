/** `npm run soak -- --schedules N --seed S [--workers W]` */
import { soakOptions } from './options.ts';
import { soak } from './soak.ts';
import { describeSummary } from './summary.ts';

const startedAt = performance.now();
const summary = await soak(soakOptions(process.argv.slice(2)), process.env['SIM_MUTANT']);
const seconds = (performance.now() - startedAt) / 1000;
process.stdout.write(`${describeSummary(summary, seconds)}\n`);
process.exitCode = summary.failures.length === 0 ? 0 : 1;
