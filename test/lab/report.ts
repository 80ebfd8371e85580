import t from 'tap';
import type { Analysis } from '../../src/lab/analysis.ts';
import { boundsOf } from '../../src/lab/bounds.ts';
import { allKept, renderTable, toJson } from '../../src/lab/report.ts';
import type { ScenarioResult } from '../../src/lab/runner.ts';

const analysis: Analysis = {
  outageMs: 4_912.3,
  lostProbes: 2_456,
  outages: [{ vip: '10.77.0.100', from: 1_000, to: 5_912.3, lost: 2_456 }],
  resolutionMs: 2.4,
  twoHoldersMs: 0,
  twoAddressesMs: 0,
  before: 0,
  after: 2,
  goneMs: 3_000,
};

function result(parts: Partial<ScenarioResult>): ScenarioResult {
  return {
    name: 'kill',
    bound: '<= 5.3 s',
    etcdOver: 'end0',
    runs: [{ run: 0, analysis, measures: {}, notes: [], bounds: boundsOf('seconds', 0) }],
    voidRuns: 0,
    problems: [],
    hosts: ['h1', 'h2', 'h3'],
    ...parts,
  };
}

await t.test('the table shows scenario, outage, holders, two holders and verdict', async (t) => {
  const [header, , row] = renderTable([result({})]).split('\n');
  t.match(header, /scenario.*outage.*holder.*two holders.*bound.*verdict/);
  t.match(row, /^kill +end0 +1 +4\.91 s \/ 4\.91 s \/ 4\.91 s +h1>h3 +0\.00 ms +<= 5\.3 s +ok$/);
});

await t.test('a broken promise is in the row and in words below', async (t) => {
  const broken = result({ problems: ['run 1: two holders on the wire for 0.1 ms'] });
  const text = renderTable([result({}), broken]);
  t.match(text, /BROKEN$/m);
  t.match(text, /^BROKEN kill: run 1: two holders on the wire for 0\.1 ms$/m);
  t.notOk(allKept([result({}), broken]));
  t.ok(allKept([result({})]));
});

await t.test('runs in which etcd was slow are counted and shown', async (t) => {
  const member = result({
    name: 'member',
    runs: [
      {
        run: 0,
        analysis,
        measures: { writerGapMs: 2_900 },
        notes: ['freeze leader e1'],
        bounds: boundsOf('seconds', 0),
      },
      {
        run: 1,
        analysis,
        measures: { writerGapMs: 120 },
        notes: ['kill follower e2'],
        bounds: boundsOf('seconds', 0),
      },
    ],
  });
  const text = renderTable([member]);
  t.match(text, /waited 2\.90 s at most; in 1 of 2 runs too long/);
  t.match(text, /slow run 1 \(freeze leader e1\): outage 4\.91 s/);
});

await t.test('a scenario without a run is a row all the same', async (t) => {
  const gaveUp = result({ runs: [], problems: ['the lab gave up: no calm'] });
  t.match(renderTable([gaveUp]), /kill +end0 +0 +- \/ - \/ - .*BROKEN/);
});

await t.test('the JSON has every run, with hosts by name', async (t) => {
  const startedAt = '2026-01-01T00:00:00.000Z';
  t.match(toJson([result({})], startedAt, false), { ok: false, complete: false }, 'interrupted');
  t.match(JSON.parse(JSON.stringify(toJson([result({})], startedAt, true))), {
    ok: true,
    scenarios: [
      {
        name: 'kill',
        ok: true,
        medianOutageMs: 4_912.3,
        runs: [{ outageMs: 4_912.3, before: 'h1', after: 'h3', goneMs: 3_000, twoHoldersMs: 0 }],
      },
    ],
  });
});
