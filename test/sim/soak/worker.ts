/** Runs the seeds that it is told to, and sends what they came to. */
import { runSchedule } from '../world/run.ts';
import { scheduleOf, type Schedule } from '../world/schedule.ts';
import { directed } from '../mutants/directed.ts';
import { count, emptySummary } from './summary.ts';

/** A portion of seeds: `first`, `first + step`, … below `end`. */
export interface Portion {
  readonly first: number;
  readonly end: number;
  readonly step: number;
  /** Ends with the first violation. */
  readonly untilFound?: boolean;
  /** A directed schedule that comes before them (mutants/directed.ts). */
  readonly directed?: string;
}

function* schedulesOf({ first, end, step, directed: name }: Portion): Generator<Schedule> {
  if (name !== undefined) yield directed(name);
  for (let seed = first; seed < end; seed += step) yield scheduleOf(seed);
}

async function run(portion: Portion): Promise<void> {
  const summary = emptySummary();
  for (const schedule of schedulesOf(portion)) {
    if (portion.untilFound === true && summary.failures.length > 0) break;
    count(summary, schedule, await runSchedule(schedule));
    // Between two runs: what a dead process's promises still have to say is said, and collected.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  process.send?.(summary, () => process.disconnect());
}

process.once('message', (portion) => {
  run(portion as Portion).catch((error: unknown) => {
    process.nextTick(() => {
      throw error;
    });
  });
});
