import { servedInTime } from './checks.ts';
import type { ScenarioResult } from './runner.ts';
import type { RunFacts } from './scenario.ts';
import { median } from './spans.ts';

const HEADER = [
  'scenario',
  'etcd over',
  'runs',
  'outage min / median / max',
  'holder',
  'two holders',
  'bound',
  'verdict',
];

/** The result as a table for people, problems below it. */
export function renderTable(results: readonly ScenarioResult[]): string {
  return [table([HEADER, ...results.map(row)]), ...remarks(results)].join('\n');
}

/** Cells in columns, the first row ruled off. */
export function table(rows: readonly (readonly string[])[]): string {
  const [header = []] = rows;
  const widths = header.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return lines.join('\n');
}

/** What stands below the table, after an empty line; nothing when there is nothing to say. */
export function remarks(results: readonly ScenarioResult[]): string[] {
  const lines = results.flatMap((result) => [...problemLines(result), ...noteLines(result)]);
  return lines.length > 0 ? ['', ...lines] : [];
}

/** True when every promise was kept. */
export function allKept(results: readonly ScenarioResult[]): boolean {
  return results.every(({ problems }) => problems.length === 0);
}

/**
 * The result for programs. Durations in milliseconds, hosts by name.
 * @param complete false when it was interrupted: then nothing is `ok`
 */
export function toJson(
  results: readonly ScenarioResult[],
  startedAt: string,
  complete: boolean,
): unknown {
  return {
    startedAt,
    complete,
    ok: complete && allKept(results),
    scenarios: results.map((result) => {
      const { name, bound, etcdOver, voidRuns, problems } = result;
      return {
        name,
        bound,
        etcdOver,
        ok: problems.length === 0,
        problems,
        voidRuns,
        medianOutageMs: median(result.runs.map(({ analysis }) => analysis.outageMs)),
        runs: result.runs.map((run) => runJson(result, run)),
      };
    }),
  };
}

function runJson(result: ScenarioResult, { analysis, measures, notes }: RunFacts): unknown {
  const { before, after, outages, ...numbers } = analysis;
  return {
    ...numbers,
    outages: outages.map(({ vip, from, to, lost }) => ({ vip, ms: to - from, lost })),
    before: hostOf(result, before),
    after: hostOf(result, after),
    measures,
    notes,
  };
}

function row(result: ScenarioResult): string[] {
  const { name, etcdOver, runs, bound, problems, voidRuns } = result;
  const times = runs.map(({ analysis }) => analysis.outageMs);
  const spread = [Math.min(...times), median(times), Math.max(...times)].map(duration).join(' / ');
  const two = Math.max(0, ...runs.map(({ analysis }) => analysis.twoHoldersMs));
  const verdict = problems.length === 0 ? 'ok' : 'BROKEN';
  const count = voidRuns === 0 ? `${runs.length}` : `${runs.length} (+${voidRuns} void)`;
  return [name, etcdOver, count, spread, holders(result), `${two.toFixed(2)} ms`, bound, verdict];
}

/** `h1>h2` for each kind of move, and how often. */
function holders(result: ScenarioResult): string {
  const counts = new Map<string, number>();
  for (const { analysis } of result.runs) {
    const move = `${hostOf(result, analysis.before) ?? '-'}>${hostOf(result, analysis.after) ?? '-'}`;
    counts.set(move, (counts.get(move) ?? 0) + 1);
  }
  return Array.from(counts, ([move, count]) => (count === 1 ? move : `${move} x${count}`)).join(
    ' ',
  );
}

function problemLines({ name, problems }: ScenarioResult): string[] {
  return problems.map((problem) => `BROKEN ${name}: ${problem}`);
}

/** What the table has no column for: the deadline of the old holder, the scenario's own numbers. */
function noteLines(result: ScenarioResult): string[] {
  const { name, runs } = result;
  const gone = runs.flatMap(({ analysis: { goneMs } }) => (goneMs === undefined ? [] : [goneMs]));
  const lines: string[] = [];
  if (gone.length > 0 && Math.max(...gone) > 0) {
    lines.push(`${name}: off the old holder's link after ${duration(Math.max(...gone))} at most`);
  }
  const written = runs.filter(({ measures }) => measures['writerGapMs'] !== undefined);
  if (written.length > 0) {
    const slow = written.filter((run) => !servedInTime(run));
    const worst = Math.max(...written.map(({ measures }) => measures['writerGapMs']!));
    lines.push(
      `${name}: an independent writer waited ${duration(worst)} at most; ` +
        `in ${slow.length} of ${written.length} runs too long for the promise`,
      ...slow.map(
        ({ run, analysis, notes }) =>
          `${name}: slow run ${run + 1} (${notes.join(', ')}): outage ${duration(analysis.outageMs)}`,
      ),
    );
  }
  for (const { measures, notes } of written.length > 0 ? [] : runs) {
    const numbers = Object.entries(measures).map(([key, value]) => `${key} ${value.toFixed(2)}`);
    if (numbers.length > 0) lines.push(`${name}: ${[...numbers, ...notes].join(', ')}`);
  }
  return lines;
}

function hostOf({ hosts }: ScenarioResult, index: number | undefined): string | undefined {
  return index === undefined ? undefined : hosts[index];
}

/** `12.3 ms` below a second, `4.91 s` above, `-` when there is none. */
export function duration(valueMs: number): string {
  if (!Number.isFinite(valueMs)) return '-';
  return valueMs < 1_000 ? `${valueMs.toFixed(1)} ms` : `${(valueMs / 1_000).toFixed(2)} s`;
}
