import t from 'tap';
import { boundsOf } from '../../src/lab/bounds.ts';
import type { ScenarioResult } from '../../src/lab/runner.ts';
import { cellOf, costOf } from './compare/measure.ts';
import { merged, type Column } from './compare/result.ts';

function runs(...outagesMs: readonly number[]): ScenarioResult['runs'] {
  return outagesMs.map((outageMs, run) => ({
    run,
    analysis: {
      outageMs,
      lostProbes: 1,
      outages: [],
      resolutionMs: 2,
      twoHoldersMs: run,
      twoAddressesMs: 9,
      before: 0,
    },
    measures: { rssMib: 50 + run, cpuPercent: 1 - run / 10 },
    notes: [],
    bounds: boundsOf('fast', 0),
  }));
}

function result(seen: ScenarioResult['runs']): ScenarioResult {
  const rest = { bound: '', etcdOver: 'end0', problems: [], hosts: ['h1', 'h2'] } as const;
  return { name: 'kill', runs: seen, voidRuns: 1, ...rest };
}

await t.test('a cell has what the client and the wire showed of each run', (t) => {
  const cell = { outagesMs: [3, 4], twoHoldersMs: [0, 1], voidRuns: 1 };
  t.strictSame(cellOf(result(runs(3, 4))), cell);
  t.end();
});

await t.test('costs are the most of any run; without etcd there are none of it', (t) => {
  t.strictSame(costOf(result(runs(0, 0))), { rssMib: 51, cpuPercent: 1 });
  const [first] = runs(0);
  const measures = { ...first!.measures, etcdRequestsPerSecond: 5, etcdWritesPerSecond: 4 };
  t.match(costOf(result([{ ...first!, measures }])), {
    etcdRequestsPerSecond: 5,
    etcdWritesPerSecond: 4,
  });
  t.equal(costOf(result([])), undefined, 'the lab gave up');
  t.end();
});

const column = (name: string, scenario: string, outageMs: number): Column => ({
  name,
  summary: name,
  version: '1',
  notApplicable: [],
  cells: { [scenario]: { outagesMs: [outageMs], twoHoldersMs: [0], voidRuns: 0 } },
});

await t.test('parts are put together, the later one is right', (t) => {
  const cost = { rssMib: 1, cpuPercent: 2 };
  const { setting, columns } = merged([
    { setting: 'then', columns: [{ ...column('a', 'kill', 1), cost }, column('b', 'kill', 2)] },
    { setting: 'now', columns: [column('a', 'crash', 3), column('b', 'kill', 4)] },
  ]);
  t.equal(setting, 'now');
  t.match(columns, [
    { name: 'a', cost, cells: { kill: { outagesMs: [1] }, crash: { outagesMs: [3] } } },
    { name: 'b', cells: { kill: { outagesMs: [4] } } },
  ]);
  t.strictSame(merged([]).columns, []);
  t.end();
});
