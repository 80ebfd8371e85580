/** `npm run replay -- SEED`, or the name of a directed schedule: tells what happens in one schedule, line by line. */
import { runSchedule } from '../world/run.ts';
import { directed } from '../mutants/directed.ts';
import { scheduleOf } from '../world/schedule.ts';
import { tellStory } from './tell.ts';

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const [, , which = '1'] = process.argv;
const schedule = /^\d+$/.test(which) ? scheduleOf(Number(which)) : directed(which);
const { faults, ...rest } = schedule;
write(JSON.stringify(rest));
const outcome = await runSchedule({ ...rest, faults }, (world) => tellStory(world, write));
write(`${outcome.violation?.message ?? 'no violation'}; trace ${outcome.digest}`);
process.exitCode = outcome.violation === undefined ? 0 : 1;
