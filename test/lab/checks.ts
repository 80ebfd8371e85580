import t from 'tap';
import type { Analysis } from '../../src/lab/analysis.ts';
import { boundsOf, type Bounds } from '../../src/lab/bounds.ts';
import * as checks from '../../src/lab/checks.ts';
import type { RunFacts } from '../../src/lab/scenario.ts';

const GOOD: Analysis = {
  outageMs: 0,
  lostProbes: 0,
  outages: [],
  resolutionMs: 3,
  twoHoldersMs: 0,
  twoAddressesMs: 0,
  before: 0,
  after: 1,
  goneMs: 10,
};

const SECONDS = boundsOf('seconds', 0);
const FAST = boundsOf('fast', 0);

function run(
  analysis: Partial<Analysis>,
  measures: Record<string, number> = {},
  bounds: Bounds = SECONDS,
): RunFacts {
  return { run: 0, analysis: { ...GOOD, ...analysis }, measures, notes: [], bounds };
}

function withoutGone(): RunFacts {
  const { goneMs: _, ...analysis } = GOOD;
  return { run: 0, analysis, measures: {}, notes: [], bounds: SECONDS };
}

await t.test('any time with two holders breaks the promise, however short', async (t) => {
  t.same(checks.oneHolder([run({})]), []);
  t.match(checks.oneHolder([run({ twoHoldersMs: 0.02 })]), [/two holders/]);
  t.match(checks.oneHolder([run({ twoAddressesMs: 0.02 })]), [/two hosts/]);
  t.same(checks.oneHolder([run({ twoAddressesMs: 900 }, {}, FAST)]), [], 'shut by the fence');
  t.match(checks.oneHolder([run({ twoHoldersMs: 0.02 }, {}, FAST)]), [/two holders/]);
});

await t.test('bounds hold at their value and not above it', async (t) => {
  t.same(checks.outageAtMost(100)([run({ outageMs: 100 })]), []);
  t.match(checks.outageAtMost(100)([run({}), run({ outageMs: 100.1 })]), [/100/]);
  const ofProfile = checks.outageAtMost(({ takeoverMs }) => takeoverMs);
  t.same(ofProfile([run({ outageMs: 950 }, {}, FAST), run({ outageMs: 5300 })]), []);
  t.match(ofProfile([run({ outageMs: 951 }, {}, FAST)]), [/950/]);
  const runs = [1, 20, 900].map((outageMs) => run({ outageMs }));
  t.same(checks.medianOutageAtMost(20)(runs), []);
  t.match(checks.medianOutageAtMost(19)(runs), [/median/]);
});

await t.test('the old holder must be rid of the address by the deadline', async (t) => {
  t.same(checks.goneByDeadline([run({ goneMs: SECONDS.goneMs })]), []);
  t.match(checks.goneByDeadline([run({ goneMs: SECONDS.goneMs + 1 })]), [/left/]);
  t.match(checks.goneByDeadline([withoutGone()]), [/never/]);
});

await t.test(
  'somebody must hold in the end, another or the same as the scenario says',
  async (t) => {
    const { after: _, ...nobody } = GOOD;
    t.match(
      checks.heldAtTheEnd([{ run: 0, analysis: nobody, measures: {}, notes: [], bounds: SECONDS }]),
      [/nobody/],
    );
    t.same(checks.heldAtTheEnd([run({})]), []);
    t.same(checks.holderChanged([run({})]), []);
    t.match(checks.holderChanged([run({ after: 0 })]), [/same host/]);
  },
);

await t.test('a dying member may be noticed only where etcd itself was slow', async (t) => {
  const lost = { lostProbes: 3, after: 0 };
  t.match(checks.unnoticed([run(lost, { writerGapMs: 2_300 })]), [/3 probes lost/]);
  t.match(checks.unnoticed([run({}, { writerGapMs: 100 })]), [/another host/]);
  t.same(checks.unnoticed([run({ after: 0 }, { writerGapMs: 100 })]), []);
  t.same(checks.unnoticed([run(lost, { writerGapMs: 2_301 })]), []);
});

await t.test('a number that was not measured is a broken promise', async (t) => {
  t.same(checks.measureAtMost('backMs', 1_000)([run({}, { backMs: 1_000 })]), []);
  t.match(checks.measureAtMost('backMs', 1_000)([run({}, { backMs: 1_001 })]), [/backMs/]);
  t.match(checks.measureAtMost('backMs', 1_000)([run({})]), [/not measured/]);
});
