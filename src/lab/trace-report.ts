import type { TracedStep } from './handover-trace.ts';
import { table } from './report.ts';
import { median } from './spans.ts';

const HEADER = ['step', 'on', 'at', 'took', 'took at most', 'after'];

/**
 * The steps of several handovers as a table: medians, in milliseconds.
 * @param outagesMs what the client saw in each of them, from question to question
 */
export function renderTrace(
  traces: readonly (readonly TracedStep[])[],
  outagesMs: readonly number[],
): string {
  const [first = []] = traces;
  const rows = first.map(({ name, place, since }, index) => {
    const same = traces.flatMap((steps) => steps[index] ?? []);
    const at = known(same.map(({ atMs }) => atMs));
    const took = known(same.map(({ tookMs }) => tookMs));
    const worst = took.length === 0 ? Number.NaN : Math.max(...took);
    return [name, place, ms(median(at)), ms(median(took)), ms(worst), since ?? ''];
  });
  const spread = [Math.min(...outagesMs), median(outagesMs), Math.max(...outagesMs)];
  return [
    table([HEADER, ...rows]),
    '',
    `${traces.length} handovers; ms, medians; 0: the last answer of the old holder`,
    `outage as the client saw it, min / median / max: ${spread.map(ms).join(' / ')} ms`,
  ].join('\n');
}

function known(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined);
}

function ms(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : '-';
}
