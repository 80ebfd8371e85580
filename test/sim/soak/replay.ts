/** `npm run replay -- SEED`: tells what happens in one schedule, line by line. */
import { runSchedule } from '../world/run.ts';
import { scheduleOf } from '../world/schedule.ts';
import { tellStory } from './tell.ts';

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const { faults, ...rest } = scheduleOf(Number(process.argv[2] ?? 1));
write(JSON.stringify(rest));
const outcome = await runSchedule({ ...rest, faults }, (world) => tellStory(world, write));
write(`${outcome.violation?.message ?? 'no violation'}; trace ${outcome.digest}`);
process.exitCode = outcome.violation === undefined ? 0 : 1;
