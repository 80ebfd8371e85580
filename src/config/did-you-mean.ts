/**
 * The known name that is nearest to a misspelt one, or undefined when none is near: at most a third
 * of its letters differ are edits), or one begins with the other.
 */
export function nearest(misspelt: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const name of known) {
    const distance = nearness(misspelt.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** `did you mean x?` as a remedy, or else the list of what there is. */
export function didYouMean(misspelt: string, known: readonly string[]): string {
  const name = nearest(misspelt, known);
  return name === undefined ? `known are ${known.join(', ')}` : `did you mean ${name}?`;
}

function nearness(one: string, other: string): number {
  if (one.length > 2 && (other.startsWith(one) || one.startsWith(other))) return 1;
  // `passwrod` is near the beginning of passwordFile, not the whole of it.
  const beginning = one.length > 3 ? edits(one, other.slice(0, one.length)) + 1 : Infinity;
  const distance = Math.min(edits(one, other), beginning);
  return distance <= Math.max(1, Math.floor(other.length / 3)) ? distance : Infinity;
}

/** Edits from one to the other; two neighbours swapped are one edit (optimal string alignment). */
function edits(one: string, other: string): number {
  let previous: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let i = 0; i < one.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++) {
      const replaced = (row[j] ?? 0) + (one[i] === other[j] ? 0 : 1);
      const swapped =
        i > 0 && j > 0 && one[i] === other[j - 1] && one[i - 1] === other[j]
          ? (previous[j - 1] ?? 0) + 1
          : Infinity;
      next.push(Math.min(replaced, swapped, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    [previous, row] = [row, next];
  }
  return row[other.length] ?? 0;
}
