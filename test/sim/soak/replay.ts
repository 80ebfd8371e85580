/**
 * `npm run replay -- SEED`, or the name of a directed schedule: tells what happens, line by line.
 * `--faults 0,4` leaves only these of its faults.
 */
import { parseArgs } from 'node:util';
import { directed } from '../mutants/directed.ts';
import { runSchedule } from '../world/run.ts';
import { scheduleOf } from '../world/schedule.ts';
import { withFaults } from './shrink.ts';
import { tellStory } from './tell.ts';

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { faults: { type: 'string' } },
});
const [which = '1'] = positionals;
const whole = /^\d+$/.test(which) ? scheduleOf(Number(which)) : directed(which);
const kept = values.faults?.split(',').filter(Boolean).map(Number);
const schedule = kept === undefined ? whole : withFaults(whole, kept);
const { faults: _told, ...rest } = schedule;
write(JSON.stringify(rest));
const outcome = await runSchedule(schedule, (world) => tellStory(world, write));
write(`${outcome.violation?.message ?? 'no violation'}; trace ${outcome.digest}`);
process.exitCode = outcome.violation === undefined ? 0 : 1;
