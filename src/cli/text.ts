/** Small pure pieces of text output: colours, tables, times (of the wall clock, for people). */

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
/** ECMA-48 §8.3.117 (SGR). */
const SGR: Record<Colour, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

/** Colours a text, or leaves it alone. */
export type Paint = (colour: Colour, text: string) => string;

export function painter(colours: boolean): Paint {
  return (colour, text) => (colours ? `\u001b[${SGR[colour]}m${text}\u001b[0m` : text);
}

/** A cell: its text, and its colour when it has one. */
export type Cell = string | readonly [text: string, colour: Colour];

/** Rows with their columns aligned, the first row in bold. Nothing is cut off. */
export function table(rows: readonly (readonly Cell[])[], paint: Paint): string[] {
  const textOf = (cell: Cell | undefined): string =>
    typeof cell === 'string' ? cell : (cell?.[0] ?? '');
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, textOf(cell).length);
    }
  }
  return rows.map((row, index) => {
    const cells = row.map((cell, column) => {
      const last = column === row.length - 1;
      const padded = last ? textOf(cell) : textOf(cell).padEnd(widths[column] ?? 0);
      if (index === 0) return paint('bold', padded);
      return typeof cell === 'string' ? padded : paint(cell[1], padded);
    });
    return cells.join('  ');
  });
}

/** Longest text that is taken over from somewhere else. */
const MAX_FOREIGN_CHARACTERS = 64;

/** Text from elsewhere, without what could steer a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Z}]/gu, (character) => (character === ' ' ? ' ' : '?'));
}

/** Text that anybody may have written into etcd: printable, and short. */
export function plain(text: string): string {
  const clean = printable(text);
  return clean.length <= MAX_FOREIGN_CHARACTERS
    ? clean
    : `${clean.slice(0, MAX_FOREIGN_CHARACTERS - 1)}…`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** `3 h 12 min`: the two largest units, whole seconds; `0 s` for less than one. */
export function duration(ms: number): string {
  const first = UNITS.findIndex(([, size]) => ms >= size);
  if (first === -1) return '0 s';
  let rest = ms;
  const parts: string[] = [];
  for (const [unit, size] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ');
}

/** `3.4 s`, for what is counted in tenths: the right to hold. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** `2026-11-21 08:55:12 UTC`; what is no date is said so. */
export function moment(wallMs: number): string {
  const date = new Date(wallMs);
  if (Number.isNaN(date.getTime())) return 'unknown time';
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Clocks of nodes differ by less than this where NTP runs. */
const CLOCKS_AGREE_MS = 2000;

/** `3 h 12 min ago`; a moment ahead of our clock says that the clocks differ. */
export function ago(wallMs: number, nowMs: number): string {
  const ms = nowMs - wallMs;
  if (Number.isNaN(ms)) return 'unknown';
  if (ms < -CLOCKS_AGREE_MS) return `${duration(-ms)} ahead: clocks differ`;
  return ms < 1000 ? 'just now' : `${duration(ms)} ago`;
}
