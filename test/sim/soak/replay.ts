/**
 * `npm run replay -- SEED` tells what happens, line by line. `--faults 0,4` leaves only these of its
 * faults, `--profiles mixed` and `--operations` are what the soak was told. With SIM_MUTANT=name the mutant is in the source, and the schedules are narrowed as for it.
 */
import { parseArgs } from 'node:util';
import { loadMutants } from '../mutants/mutant.ts';
import { profilesNamed } from '../world/profiles.ts';
import { quiet } from '../world/quiet.ts';
import { runSchedule } from '../world/run.ts';
import { scheduleOf } from '../world/schedule.ts';
import { withFaults } from './shrink.ts';
import { focusOf } from './soak.ts';
import { tellStory } from './tell.ts';

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    faults: { type: 'string' },
    profiles: { type: 'string' },
    operations: { type: 'boolean' },
  },
});
const [seed = '1'] = positionals;
const { SIM_MUTANT: mutant } = process.env;
const { focus: own, directed } = loadMutants().find(({ name }) => name === mutant) ?? {};
const profiles = profilesNamed(values.profiles);
const focus = { ...own, ...focusOf({ profiles, operations: values.operations }) };
const whole = directed === undefined ? scheduleOf(Number(seed), focus) : quiet(directed);
const kept = values.faults?.split(',').filter(Boolean).map(Number);
const schedule = kept === undefined ? whole : withFaults(whole, kept);
const { faults: _told, ...rest } = schedule;
write(JSON.stringify(rest));
const outcome = await runSchedule(schedule, (world) => tellStory(world, write));
write(`${outcome.violation?.message ?? 'no violation'}; trace ${outcome.digest}`);
process.exitCode = outcome.violation === undefined ? 0 : 1;
