import { work } from '../soak/soak.ts';
import { emptySummary, merge, type Summary } from '../soak/summary.ts';
import type { Mutant } from './mutant.ts';

/**
 * Puts a mutant into the source and runs what has to find it, in a worker process, until it does.
 * @returns what the schedules came to: a failure, or the mutant has survived
 */
export async function hunt({ name, within = 0, directed }: Mutant): Promise<Summary> {
  const all = emptySummary();
  const random = { first: 1, end: 1 + within, step: 1, untilFound: true };
  merge(all, await work({ ...random, ...(directed !== undefined && { directed }) }, name));
  return all;
}
