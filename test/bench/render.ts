// The page and the picture of the benchmark.
import t from 'tap';
import { renderMarkdown } from './compare/markdown.ts';
import type { BenchResult, Cell } from './compare/result.ts';
import { COLOURS, renderSvg, TEXT_COLOUR, WARNING_COLOUR } from './compare/svg.ts';

function cell(outagesMs: readonly number[], twoHoldersMs: readonly number[] = [0]): Cell {
  return { outagesMs, twoHoldersMs, voidRuns: 0 };
}

const RESULT: BenchResult = {
  setting: 'a machine, 2 cores, Linux 6, 2026-01-02',
  columns: [
    {
      name: 'ours',
      summary: 'vip-elector',
      version: 'v1',
      notApplicable: [],
      cells: {
        handover: { ...cell([12, 14, 22]), voidRuns: 2 },
        'etcd-cut': cell([2_000, 2_030]),
        kill: cell([2_800]),
      },
      cost: {
        rssMib: 83.4,
        cpuPercent: 1.256,
        etcdRequestsPerSecond: 6.04,
        etcdWritesPerSecond: 4,
      },
    },
    {
      name: 'other <1 s>',
      summary: 'other',
      version: 'v2',
      notApplicable: ['etcd-cut'],
      cells: { handover: cell([600]), kill: cell([0, 0], [11_000, 11_500.4]), freeze: cell([]) },
      cost: { rssMib: 7, cpuPercent: 0.1 },
    },
  ],
};
const SCENARIOS = ['handover', 'kill', 'etcd-cut', 'freeze', 'crash'];
const page = renderMarkdown(RESULT, SCENARIOS);

await t.test('outages: median, longest, number of runs; a dash where it means nothing', (t) => {
  t.match(page, /^\| handover: [^|]+ \| 14\.0 ms \/ 22\.0 ms \(3, 2 repeated\) \| 600\.0 ms /m);
  t.match(page, /^\| etcd-cut: [^|]+ \| 2\.02 s \/ 2\.03 s \(2\) \| – \|$/m);
  t.match(page, /^\| freeze: [^|]+ \| {2}\| gave up \|$/m, 'not measured, and tried in vain');
  t.notMatch(page, /^\| crash/m, 'what nobody ran has no row');
  t.end();
});

await t.test('two holders stand out', (t) => {
  t.match(page, /^\| kill: [^|]+ \| 0 ms \| \*\*11\.50 s\*\* \|$/m);
  t.end();
});

await t.test('costs, with a dash for the etcd of those who have none', (t) => {
  t.match(page, /^\| ours \| 83 MiB \| 1\.26 % \| 6\.0 \| 4\.0 \|$/m);
  t.match(page, /^\| other <1 s> \| 7 MiB \| 0\.10 % \| – \| – \|$/m);
  t.end();
});

await t.test('one line says where and when; everything else only depends on the figures', (t) => {
  const other = renderMarkdown({ ...RESULT, setting: 'elsewhere' }, SCENARIOS);
  const [lines, others] = [page.split('\n'), other.split('\n')];
  t.equal(lines.filter((line, index) => line !== others[index]).length, 1);
  t.equal(renderSvg(RESULT, SCENARIOS), renderSvg({ ...RESULT, setting: 'elsewhere' }, SCENARIOS));
  t.end();
});

await t.test('the picture has a line for each, from the shortest to the longest run', (t) => {
  const svg = renderSvg(RESULT, SCENARIOS);
  t.equal(svg.match(/<circle/g)?.length, 5, 'the one that gave up is not there');
  const [, from, to] = /<line stroke="[^"]+"[^>]* x1="([\d.]+)"[^>]* x2="([\d.]+)"/.exec(svg) ?? [];
  const [, median] = /<circle [^>]*cx="([\d.]+)"/.exec(svg) ?? [];
  t.ok(Number(from) < Number(median) && Number(median) < Number(to), `${from} ${median} ${to}`);
  t.match(svg, /two holders 11\.50 s/);
  t.match(svg, 'other &lt;1 s&gt;');
  t.notMatch(svg, /NaN|Infinity|undefined/);
  t.end();
});

/** WCAG 2: relative luminance. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

await t.test('every colour is readable on a white page and on a black one', (t) => {
  for (const colour of [...COLOURS, TEXT_COLOUR, WARNING_COLOUR]) {
    const own = luminance(colour);
    const [onWhite, onBlack] = [1.05 / (own + 0.05), (own + 0.05) / (luminance('#0d1117') + 0.05)];
    t.ok(
      Math.min(onWhite, onBlack) >= 3,
      `${colour}: ${onWhite.toFixed(1)}, ${onBlack.toFixed(1)}`,
    );
  }
  t.end();
});
