import { fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { SoakOptions } from './options.ts';
import { emptySummary, merge, type Summary } from './summary.ts';
import type { Portion } from './worker.ts';

/** Lets plain Node run this repository's TypeScript, with a mutant in it. */
export const LOADER = new URL('loader.mjs', import.meta.url).href;
const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

/**
 * In MiB. A schedule leaves much behind that nobody needs, and little that somebody does: 64 are collected
 * less often and took 3 to 7 % more time, for caches are small (measured against each other in turns).
 */
const YOUNG = '--max-semi-space-size=16';
/** As many workers as cores: threads that help one collect its garbage take them from the other. */
const ALONE = '--single-threaded-gc';
/** Errors are the daemon's daily bread there, and nobody looks at their stacks: `npm run replay` shows them. */
const NO_STACKS = '--stack-trace-limit=0';

/** A process runs so many schedules and is followed by another: what it piles up goes with it. */
const PORTION = 10_000;

/** What the options narrow random schedules to. */
export function focusOf({ profiles, operations }: Pick<SoakOptions, 'profiles' | 'operations'>) {
  return {
    ...(profiles !== undefined && { profiles }),
    ...(operations === true && { operations: 'any' as const }),
  };
}

/**
 * Runs schedules in worker processes, one portion of seeds after the other in each.
 * @param mutant name of a mutant to put into the source (mutants/*.json)
 * @param onProgress told what there is so far after each portion
 * @throws when a worker ends without an answer
 */
export async function soak(
  options: SoakOptions,
  mutant?: string,
  onProgress: (soFar: Summary) => void = () => undefined,
): Promise<Summary> {
  const { schedules, firstSeed, workers } = options;
  const focus = { focus: focusOf(options) };
  const end = firstSeed + schedules;
  const size = Math.min(PORTION, Math.ceil(schedules / workers));
  const all = emptySummary();
  let next = firstSeed;
  const lane = async (): Promise<void> => {
    while (next < end) {
      const first = next;
      next = Math.min(first + size, end);
      merge(all, await work({ first, end: next, step: 1, ...focus }, mutant));
      onProgress(all);
    }
  };
  await Promise.all(Array.from({ length: workers }, lane));
  all.failures.sort((one, other) => one.seed - other.seed);
  return all;
}

/**
 * Runs a portion in a process of its own.
 * @throws when it ends without an answer
 */
export function work(portion: Portion, mutant: string | undefined): Promise<Summary> {
  const { SIM_MUTANT: _none, ...env } = process.env;
  const child = fork(WORKER, {
    // Not the test runner's: it would count lines of the daemon.
    execArgv: ['--no-warnings', YOUNG, ALONE, NO_STACKS, '--import', LOADER],
    env: mutant === undefined ? env : { ...env, SIM_MUTANT: mutant },
  });
  // Beside it other tests count milliseconds.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  return new Promise((resolve, reject) => {
    let summary: Summary | undefined;
    child.once('message', (message) => {
      summary = message as Summary;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (summary !== undefined && code === 0) resolve(summary);
      else {
        const { first, end } = portion;
        const seeds = `seeds ${first} to ${end - 1}`;
        reject(new Error(`a worker of the simulation ended among ${seeds}: ${code ?? signal}`));
      }
    });
    child.send(portion);
  });
}
