import type { Span } from './recording.ts';

/** Pure arithmetic on spans of time. */

/** Milliseconds during which at least two of the tracks are within one of their spans. */
export function overlapMs(tracks: readonly (readonly Span[])[]): number {
  const edges = tracks.flatMap((spans) =>
    union(spans).flatMap(({ from, to }) => [
      { at: from, step: 1 },
      { at: to, step: -1 },
    ]),
  );
  // At the same moment the end comes first: spans exclude their end.
  edges.sort((a, b) => a.at - b.at || a.step - b.step);
  let depth = 0;
  let total = 0;
  let since = 0;
  for (const { at, step } of edges) {
    if (depth >= 2) total += at - since;
    depth += step;
    since = at;
  }
  return total;
}

/** The same time, as spans in order that do not touch each other. */
export function union(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last !== undefined && span.from <= last.to) {
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    } else {
      result.push(span);
    }
  }
  return result;
}

/** True when `at` lies in one of the spans. */
export function covers(spans: readonly Span[], at: number): boolean {
  return spans.some(({ from, to }) => at >= from && at < to);
}

/** Middle value; of an even number, the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}
