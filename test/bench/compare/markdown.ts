import { duration } from '../../../src/lab/report.ts';
import { median } from '../../../src/lab/spans.ts';
import type { BenchResult, Cell, Column } from './result.ts';
import { titleOf } from './scenarios.ts';

const NOT_APPLICABLE = '–';
/** Below this nothing was seen: a single frame counts for 0.01 ms. */
const TWO_HOLDERS_SEEN_MS = 0.005;

const INTRODUCTION = `# How long, at what cost, and held by how many

Written by \`npm run bench\`; do not edit. Each program runs on the same lab: three hosts and a client as network
namespaces, one switch, and the client asks for the address every 2 ms by broadcast ARP. Faults hit any moment between
two heartbeats or advertisements. *Outage* is what the client sees, from the first unanswered question to the first
answered one; *two holders* is measured on the wire: how long two hosts that could be reached held the address.`;

const REMARKS = `A dash: that does not apply. No outage while two hosts hold the address is no merit: the client talks to either. The
lab starts a killed program again, and wakes a frozen one, when another host has answered alone for 0.3 s, or after
15 s: where both still held then, they would have gone on. Nothing else restarts what was killed.`;

/** The whole page. Layout and order depend on nothing but the result. */
export function renderMarkdown(result: BenchResult, scenarios: readonly string[]): string {
  const { columns } = result;
  const rows = scenarios.filter((name) => columns.some((column) => column.cells[name]));
  return [
    INTRODUCTION,
    '',
    ...columns.map(({ name, summary, version }) => `- **${name}**: ${summary} (${version})`),
    '',
    `Measured on: ${result.setting}.`,
    '',
    '![outages by scenario and program](bench.svg)',
    '',
    '## Outage: median / longest of so many runs',
    '',
    ...grid(
      ['scenario', ...columns.map(({ name }) => name)],
      rows.map((name) => [label(name), ...columns.map((column) => outage(column, name))]),
    ),
    '',
    '## Two holders: longest of those runs',
    '',
    ...grid(
      ['scenario', ...columns.map(({ name }) => name)],
      rows.map((name) => [label(name), ...columns.map((column) => twoHolders(column, name))]),
    ),
    '',
    REMARKS,
    '',
    ...costs(columns),
  ].join('\n');
}

/** True when a scenario's runs showed two holders at once. */
export function sawTwoHolders({ twoHoldersMs }: Cell): boolean {
  return Math.max(0, ...twoHoldersMs) > TWO_HOLDERS_SEEN_MS;
}

function label(name: string): string {
  return `${name}: ${titleOf(name)}`;
}

function outage(column: Column, name: string): string {
  const cell = column.cells[name];
  if (cell === undefined) return absent(column, name);
  const { outagesMs, voidRuns } = cell;
  if (outagesMs.length === 0) return 'gave up';
  const count =
    voidRuns === 0 ? `${outagesMs.length}` : `${outagesMs.length}, ${voidRuns} repeated`;
  return `${duration(median(outagesMs))} / ${duration(Math.max(...outagesMs))} (${count})`;
}

function twoHolders(column: Column, name: string): string {
  const cell = column.cells[name];
  if (cell === undefined) return absent(column, name);
  if (cell.twoHoldersMs.length === 0) return 'gave up';
  const worst = Math.max(...cell.twoHoldersMs);
  return sawTwoHolders(cell) ? `**${duration(worst)}**` : '0 ms';
}

function absent({ notApplicable }: Column, name: string): string {
  return notApplicable.includes(name) ? NOT_APPLICABLE : '';
}

function costs(columns: readonly Column[]): string[] {
  const rows = columns.flatMap(({ name, cost }) => {
    if (cost === undefined) return [];
    const { rssMib, cpuPercent, etcdRequestsPerSecond, etcdWritesPerSecond } = cost;
    return [
      [
        name,
        `${rssMib.toFixed(0)} MiB`,
        `${cpuPercent.toFixed(2)} %`,
        rate(etcdRequestsPerSecond),
        rate(etcdWritesPerSecond),
      ],
    ];
  });
  if (rows.length === 0) return [];
  return [
    '## Cost while nothing happens',
    '',
    ...grid(['', 'memory', 'CPU of one core', 'etcd requests/s', 'etcd writes/s'], rows),
    '',
    'Memory (VmRSS of all processes of the program) and CPU on the host where they are highest, over 20 s; etcd’s own are',
    'not in them. Requests and writes are those of all three hosts together.',
    '',
  ];
}

function rate(value: number | undefined): string {
  return value?.toFixed(1) ?? NOT_APPLICABLE;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function grid(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}
