import { MATRIX, MATRIX_SCENARIOS, type MatrixRow } from './matrix.ts';
import { duration, remarks, table } from './report.ts';
import type { ScenarioResult } from './runner.ts';
import { median } from './spans.ts';

const HEADER = [
  '#',
  'fault',
  'shown by',
  'runs',
  'outage min / median / max',
  'overlap',
  'verdict',
];

/**
 * The matrix as a table for people: a row for each fault and scenario that was run and, where all were,
 * for each test and each thing that is left to a person. Problems below.
 */
export function renderMatrix(results: readonly ScenarioResult[]): string {
  const whole = results.length === MATRIX_SCENARIOS.length;
  const rows = MATRIX.flatMap((fault) => rowsOf(fault, results, whole));
  return [table([HEADER, ...rows]), ...remarks(results)].join('\n');
}

function rowsOf(row: MatrixRow, results: readonly ScenarioResult[], whole: boolean): string[][] {
  const { number, fault, scenarios = [], tests = [], hand } = row;
  const first = [`${number}`, fault];
  const ran = results.filter(({ name }) => scenarios.includes(name)).map(cells);
  const others = [
    ...tests.map((test) => [test, '', '', '', 'npm test']),
    ...(hand === undefined ? [] : [[hand, '', '', '', 'by hand']]),
  ];
  return [...ran, ...(whole ? others : [])].map((columns, index) => [
    ...(index === 0 ? first : ['', '']),
    ...columns,
  ]);
}

function cells({ name, runs, voidRuns, problems }: ScenarioResult): string[] {
  const times = runs.map(({ analysis }) => analysis.outageMs);
  const spread = [Math.min(...times), median(times), Math.max(...times)].map(duration).join(' / ');
  // Where a fence shuts the address it may be on two links: nobody can tell.
  const overlap = runs.map(({ analysis: { twoHoldersMs, twoAddressesMs }, bounds }) =>
    Math.max(twoHoldersMs, bounds.apart ? twoAddressesMs : 0),
  );
  const count = voidRuns === 0 ? `${runs.length}` : `${runs.length} (+${voidRuns} void)`;
  const verdict = problems.length === 0 ? 'ok' : 'BROKEN';
  return [name, count, spread, `${Math.max(0, ...overlap).toFixed(2)} ms`, verdict];
}
