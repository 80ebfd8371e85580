import type { Schedule } from '../world/schedule.ts';

/** The same schedule with some of its faults only, by their indices. */
export function withFaults(schedule: Schedule, kept: readonly number[]): Schedule {
  return { ...schedule, faults: schedule.faults.filter((_, index) => kept.includes(index)) };
}

/**
 * Drops faults, in ever smaller portions, for as long as the rest still fails.
 * @param count how many faults there are
 * @param fails whether the schedule with these of them fails as the whole does
 * @returns the indices of the faults that are left; none of them can be left out by itself
 */
export async function shrink(
  count: number,
  fails: (kept: readonly number[]) => Promise<boolean>,
): Promise<number[]> {
  let kept = Array.from({ length: count }, (_, index) => index);
  let size = Math.ceil(count / 2);
  while (size >= 1) {
    let dropped = false;
    for (let from = 0; from < kept.length;) {
      const rest = kept.toSpliced(from, size);
      if (await fails(rest)) {
        kept = rest;
        dropped = true;
      } else from += size;
    }
    // Once more over single ones: what was needed before may not be any more.
    if (size > 1 || !dropped) size = Math.floor(size / 2);
  }
  return kept;
}
