import t from 'tap';
import type { Analysis } from '../../src/lab/analysis.ts';
import { boundsOf } from '../../src/lab/bounds.ts';
import { MATRIX_SCENARIOS } from '../../src/lab/matrix.ts';
import { renderMatrix } from '../../src/lab/matrix-report.ts';
import type { ScenarioResult } from '../../src/lab/runner.ts';

const analysis: Analysis = {
  outageMs: 2_510,
  lostProbes: 1_255,
  outages: [],
  resolutionMs: 2.4,
  twoHoldersMs: 0,
  twoAddressesMs: 0,
  before: 0,
  after: 1,
};

function result(name: string, parts: Partial<ScenarioResult> = {}): ScenarioResult {
  const runs = [{ run: 0, analysis, measures: {}, notes: [], bounds: boundsOf('seconds', 0) }];
  const hosts = ['h1', 'h2'];
  return { name, bound: '', etcdOver: 'end0', runs, voidRuns: 0, problems: [], hosts, ...parts };
}

await t.test(
  'each fault that a scenario is about has its row, with overlap and verdict',
  async (t) => {
    const text = renderMatrix([result('kill')]);
    t.match(text, /^1 +kill -9 of the daemon +kill +1 +2\.51 s .* 0\.00 ms +ok$/m);
    t.match(text, /^2 +kill -9 of daemon and guardian +kill +1 /m);
    t.notMatch(text, /npm test|by hand/, 'the rest is shown with the whole matrix');
  },
);

await t.test('the address on two hosts is an overlap, also when the wire shows none', async (t) => {
  const runs = [
    {
      run: 0,
      analysis: { ...analysis, twoAddressesMs: 3 },
      measures: {},
      notes: [],
      bounds: boundsOf('seconds', 0),
    },
  ];
  const text = renderMatrix([result('kill', { runs, problems: ['run 1: two hosts'] })]);
  t.match(text, /3\.00 ms +BROKEN$/m);
  t.match(text, /^BROKEN kill: run 1: two hosts$/m);
});

await t.test('the whole matrix says what tests and people show', async (t) => {
  const text = renderMatrix(MATRIX_SCENARIOS.map(({ name }) => result(name)));
  t.match(text, /^6 +SIGTERM at other times +test\/netns\/stop\.ts +npm test$/m);
  t.match(text, /^24 +suspend, VM pause +needs a virtual machine +by hand$/m);
});
