import { runSchedule } from '../world/run.ts';
import { scheduleOf } from '../world/schedule.ts';
import { tellStory } from './tell.ts';

const seed = Number(process.argv[2]);
const schedule = scheduleOf(seed);
process.stdout.write(JSON.stringify({ ...schedule, faults: undefined }) + '\n');
const outcome = await runSchedule(schedule, (world) =>
  tellStory(world, (line) => process.stdout.write(`${line}\n`)),
);
process.stdout.write(`${outcome.violation?.message ?? 'no violation'} ${outcome.digest}\n`);
