/** Runs the seeds that it is told to, and sends what they came to. */
import { runSchedule } from '../world/run.ts';
import { quiet, type Direction } from '../world/quiet.ts';
import { scheduleOf, type Focus } from '../world/schedule.ts';
import { count, emptySummary } from './summary.ts';

/** A portion of seeds: `first`, `first + step`, … below `end`. */
export interface Portion {
  readonly first: number;
  readonly end: number;
  readonly step: number;
  /** Ends with the first violation. */
  readonly untilFound?: boolean;
  /** What the schedules are narrowed to. */
  readonly focus?: Focus;
  /** This schedule instead of those of the seeds. */
  readonly directed?: Direction;
}

async function run(portion: Portion): Promise<void> {
  const { first, end, step, untilFound = false, focus, directed } = portion;
  const summary = emptySummary();
  for (let seed = first; seed < end; seed += step) {
    if (untilFound && summary.failures.length > 0) break;
    const schedule = directed === undefined ? scheduleOf(seed, focus) : quiet(directed);
    count(summary, schedule, await runSchedule(schedule));
    // Between two runs: what a dead process's promises still have to say is said, and collected.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  process.send?.(summary, () => process.disconnect());
}

// Nobody waits for the answer any more.
process.once('disconnect', () => process.exit());
process.once('message', (portion) => {
  run(portion as Portion).catch((error: unknown) => {
    process.nextTick(() => {
      throw error;
    });
  });
});
