import { quiet, type Direction } from '../world/quiet.ts';
import type { Schedule } from '../world/schedule.ts';

/** Schedules that show one hole each: what random ones do too seldom to find it. */
const DIRECTED: Readonly<Record<string, Direction>> = {};

export const DIRECTED_NAMES = Object.keys(DIRECTED);

/** @throws when there is none of the name */
export function directed(name: string): Schedule {
  const direction = DIRECTED[name];
  if (direction === undefined) throw new Error(`there is no directed schedule ${name}`);
  return quiet(direction);
}
