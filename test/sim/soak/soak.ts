import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SoakOptions } from './options.ts';
import { emptySummary, merge, type Summary } from './summary.ts';
import type { Portion } from './worker.ts';

/** Lets plain Node run this repository's TypeScript, with a mutant in it. */
export const LOADER = new URL('loader.mjs', import.meta.url).href;
const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));

/**
 * Runs schedules in worker processes, each every so manyth seed.
 * @param mutant name of a mutant to put into the source (mutants/mutants.json)
 * @throws when a worker ends without an answer
 */
export async function soak(options: SoakOptions, mutant?: string): Promise<Summary> {
  const { schedules, firstSeed, workers } = options;
  const end = firstSeed + schedules;
  const portions = Array.from({ length: workers }, (_, index) => ({
    first: firstSeed + index,
    end,
    step: workers,
  }));
  const all = emptySummary();
  for (const each of await Promise.all(portions.map((portion) => work(portion, mutant)))) {
    merge(all, each);
  }
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
    execArgv: ['--no-warnings', '--import', LOADER],
    env: mutant === undefined ? env : { ...env, SIM_MUTANT: mutant },
  });
  return new Promise((resolve, reject) => {
    let summary: Summary | undefined;
    child.once('message', (message) => {
      summary = message as Summary;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (summary !== undefined && code === 0) resolve(summary);
      else reject(new Error(`a worker of the simulation ended: ${code ?? signal}`));
    });
    child.send(portion);
  });
}
