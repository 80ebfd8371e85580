import { parseDuration } from './duration.ts';
import { refused, type Parsed } from './parsed.ts';

const WEIGHT_MAX = 100;
/** Sooner would be no settling; later nobody would remember what was asked for. */
const PREEMPT_AFTER_MIN_MS = 1000;
const PREEMPT_AFTER_MAX_MS = 3_600_000;

/** How much a node is preferred: a whole number from 0 to 100. */
export function parseWeight(text: string): Parsed<number> {
  return parseWhole(text, 0, WEIGHT_MAX);
}

/** A whole number within bounds. */
export function parseWhole(text: string, least: number, most: number): Parsed<number> {
  const value = Number(text);
  const remedy = `write a whole number from ${least} to ${most}`;
  if (!/^-?\d{1,9}$/.test(text)) return { problem: 'is no whole number', remedy };
  if (value >= least && value <= most) return { value };
  return { problem: `is outside ${least} to ${most}`, remedy };
}

/** How long one must have waited, healthy, before a group is handed over to it: 1 s to 1 h. */
export function parsePreemptAfter(text: string): Parsed<number> {
  return parseWithin(text, PREEMPT_AFTER_MIN_MS, PREEMPT_AFTER_MAX_MS, ['1s', '60m']);
}

/**
 * A duration within bounds, in milliseconds.
 * @param named the bounds as an operator writes them
 */
export function parseWithin(
  text: string,
  leastMs: number,
  mostMs: number,
  [least, most]: readonly [string, string],
): Parsed<number> {
  const outcome = parseDuration(text);
  if (refused(outcome)) return outcome;
  if (outcome.value < leastMs) return { problem: 'is too short', remedy: `give ${least} or more` };
  if (outcome.value > mostMs) return { problem: 'is too long', remedy: `give ${most} or less` };
  return outcome;
}
