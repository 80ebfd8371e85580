import { work } from '../soak/soak.ts';
import type { Summary } from '../soak/summary.ts';
import type { Mutant } from './mutant.ts';

/**
 * Puts a mutant into the source and runs the schedules that have to show it, in a worker process,
 * until one does.
 * @returns what they came to: a failure, or the mutant has survived
 */
export function hunt({ name, within, focus }: Mutant): Promise<Summary> {
  const portion = { first: 1, end: 1 + within, step: 1, untilFound: true };
  return work({ ...portion, ...(focus !== undefined && { focus }) }, name);
}
