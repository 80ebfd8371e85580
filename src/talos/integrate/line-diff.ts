/** The largest table of the comparison; longer texts are shown whole, old and then new. */
const CELLS_MAX = 25_000_000;

/**
 * What differs, line by line: `-` and `+` before each line that does, without those that do not.
 * @param after masked like `before`: this prints what it is given
 */
export function lineDiff(before: string, after: string): string {
  const old = before.split('\n');
  const now = after.split('\n');
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let end = 0;
  const most = Math.min(old.length, now.length) - start;
  while (end < most && old.at(-1 - end) === now.at(-1 - end)) end++;
  const lines = changed(old.slice(start, old.length - end), now.slice(start, now.length - end));
  return lines.map((line) => `${line}\n`).join('');
}

function changed(old: readonly string[], now: readonly string[]): string[] {
  if (old.length * now.length > CELLS_MAX) {
    return [...old.map((line) => `-${line}`), ...now.map((line) => `+${line}`)];
  }
  // common[i][j]: the length of the longest common part of what follows i and j.
  const width = now.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const isEqual = old[i] === now[j];
      common[i * width + j] = isEqual ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  for (let i = 0, j = 0; i < old.length || j < now.length;) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      i++;
      j++;
    } else if (j === now.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`-${old[i++] ?? ''}`);
    } else {
      lines.push(`+${now[j++] ?? ''}`);
    }
  }
  return lines;
}
