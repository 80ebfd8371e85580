import t from 'tap';
import type { TracedStep } from '../../src/lab/handover-trace.ts';
import { renderTrace } from '../../src/lab/trace-report.ts';

function steps(atMs: number | undefined, tookMs: number | undefined): TracedStep[] {
  return [
    { name: 'stop begun', place: 'old', since: undefined, atMs: 1, tookMs: undefined },
    { name: 'watch told', place: 'new', since: 'stop begun', atMs, tookMs },
  ];
}

await t.test('medians of the runs, the longest step, and what each follows from', (t) => {
  const text = renderTrace([steps(3, 2), steps(5, 4), steps(4, 3)], [12, 10, 20]);
  const [header, , first, second, , ...below] = text.split('\n');
  t.match(header, /^step +on +at +took +took at most +after$/);
  t.match(first, /^stop begun +old +1\.00 +- +-$/);
  t.match(second, /^watch told +new +4\.00 +3\.00 +4\.00 +stop begun$/);
  t.match(below[0], /^3 handovers/);
  t.match(below[1], /10\.00 \/ 12\.00 \/ 20\.00 ms$/);
  t.end();
});

await t.test('a step that was not seen in a run counts in the others', (t) => {
  const text = renderTrace([steps(undefined, undefined), steps(5, 4)], [12, 10]);
  t.match(text, /^watch told +new +5\.00 +4\.00 +4\.00/m);
  t.match(renderTrace([steps(undefined, undefined)], [12]), /^watch told +new +- +- +- /m);
  t.end();
});
