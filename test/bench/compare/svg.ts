import { duration } from '../../../src/lab/report.ts';
import { median } from '../../../src/lab/spans.ts';
import { sawTwoHolders } from './markdown.ts';
import type { BenchResult, Cell } from './result.ts';
import { titleOf } from './scenarios.ts';

/** All lengths are the picture's own units, which are pixels at its natural size. */
const WIDTH = 920;
const LABELS_END = 150;
const PLOT_END = 640;
const TOP = 40;
const GROUP_HEAD = 26;
const ROW = 18;
const BOTTOM = 16;

/** The axis: logarithmic, for what is compared lies four powers of ten apart. */
const AXIS_FROM_MS = 1;
const AXIS_TO_MS = 60_000;
const TICKS_MS = [1, 10, 100, 1_000, 10_000, 60_000];

/**
 * All of them of a lightness that is readable on white and on black (contrast of 3 at least): an image
 * in a page learns the scheme of the system, and not that of the page. By turns, in the order of the columns.
 */
export const COLOURS = ['#2f7de1', '#1a8f80', '#8b6cf0', '#c07010', '#d05a50', '#7d8590'] as const;
export const TEXT_COLOUR = '#6e7781';
export const WARNING_COLOUR = '#d1483f';

const STYLE = `text { font: 12px system-ui, sans-serif; fill: ${TEXT_COLOUR} }
.head { font-weight: 600 }
.grid { stroke: ${TEXT_COLOUR}; stroke-opacity: 0.35 }
.warn { fill: ${WARNING_COLOUR}; font-weight: 600 }`;

/**
 * The outages as a picture: from the shortest to the longest run, a dot at the median. No background:
 * it takes that of the page.
 */
export function renderSvg({ columns }: BenchResult, scenarios: readonly string[]): string {
  const body: string[] = [];
  let y = TOP;
  for (const name of scenarios) {
    const rows = columns.flatMap((column, index) => {
      const cell = column.cells[name];
      if (cell === undefined || cell.outagesMs.length === 0) return [];
      return [{ label: column.name, cell, colour: COLOURS[index % COLOURS.length]! }];
    });
    if (rows.length === 0) continue;
    y += GROUP_HEAD;
    body.push(text(0, y - 8, `${name}: ${titleOf(name)}`, { style: 'head' }));
    for (const { label, cell, colour } of rows) {
      body.push(...row(y, label, cell, colour));
      y += ROW;
    }
  }
  const height = y + BOTTOM;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    '<title>Outage as the client sees it, by scenario and program; logarithmic</title>',
    `<style>${STYLE}</style>`,
    ...TICKS_MS.flatMap((tick) => axis(tick, y)),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

function axis(tickMs: number, bottom: number): string[] {
  const x = xOf(tickMs);
  const label = tickMs < 1_000 ? `${tickMs} ms` : `${tickMs / 1_000} s`;
  return [
    `<line class="grid" x1="${x}" y1="${TOP - 12}" x2="${x}" y2="${bottom}"/>`,
    text(x, TOP - 18, label, { anchor: 'middle' }),
  ];
}

function row(y: number, label: string, cell: Cell, colour: string): string[] {
  const middle = y + ROW / 2;
  const { outagesMs } = cell;
  const [least, centre, most] = [Math.min(...outagesMs), median(outagesMs), Math.max(...outagesMs)];
  const base = middle + 4;
  const said = `${duration(centre)} / ${duration(most)}`;
  const two = `two holders ${duration(Math.max(0, ...cell.twoHoldersMs))}`;
  return [
    text(LABELS_END - 10, base, label, { anchor: 'end' }),
    `<line stroke="${colour}" stroke-width="4" stroke-linecap="round" x1="${xOf(least)}" y1="${middle}" x2="${xOf(most)}" y2="${middle}"/>`,
    `<circle fill="${colour}" cx="${xOf(centre)}" cy="${middle}" r="5"/>`,
    text(PLOT_END + 12, base, said),
    ...(sawTwoHolders(cell) ? [text(PLOT_END + 130, base, two, { style: 'warn' })] : []),
  ];
}

/** Where a duration lies on the axis; what is off it lies at its end. One decimal: stable text. */
function xOf(valueMs: number): string {
  const within = Math.min(Math.max(valueMs, AXIS_FROM_MS), AXIS_TO_MS);
  const share = Math.log(within / AXIS_FROM_MS) / Math.log(AXIS_TO_MS / AXIS_FROM_MS);
  return (LABELS_END + share * (PLOT_END - LABELS_END)).toFixed(1);
}

interface TextStyle {
  readonly style?: 'head' | 'warn';
  readonly anchor?: 'middle' | 'end';
}

function text(x: number | string, y: number, content: string, given: TextStyle = {}): string {
  const { style, anchor } = given;
  const styled = style === undefined ? '' : ` class="${style}"`;
  const anchored = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${x}" y="${y}"${styled}${anchored}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
