import { limitIn, type Limit } from './bounds.ts';
import type { Check, RunFacts } from './scenario.ts';
import { median } from './spans.ts';

/** A check of each run by itself. */
export function each(check: (run: RunFacts) => string | undefined): Check {
  return (runs) =>
    runs.flatMap((run) => {
      const problem = check(run);
      return problem === undefined ? [] : [`run ${run.run + 1}: ${problem}`];
    });
}

export function ms(value: number): string {
  const digits = value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ms`;
}

/**
 * No two holders on the wire, and no two hosts with the address on a link where the address itself is
 * the gate. For every scenario.
 */
export const oneHolder: Check = each(({ analysis: { twoHoldersMs, twoAddressesMs }, bounds }) => {
  if (twoHoldersMs > 0) return `two holders on the wire for ${twoHoldersMs.toFixed(2)} ms`;
  if (twoAddressesMs > 0 && bounds.apart)
    return `the address on two hosts for ${twoAddressesMs.toFixed(2)} ms`;
  return undefined;
});

/** Somebody answers at the end. For every scenario. */
export const heldAtTheEnd: Check = each(({ analysis }) =>
  analysis.after === undefined ? 'nobody holds the VIP at the end' : undefined,
);

export function outageAtMost(limit: Limit): Check {
  return each(({ analysis: { outageMs }, bounds }) => {
    const limitMs = limitIn(limit, bounds);
    return outageMs > limitMs ? `outage of ${ms(outageMs)}, more than ${ms(limitMs)}` : undefined;
  });
}

export function medianOutageAtMost(limitMs: number): Check {
  return (runs) => {
    const middle = median(runs.map(({ analysis }) => analysis.outageMs));
    return middle > limitMs ? [`median outage ${ms(middle)}, more than ${ms(limitMs)}`] : [];
  };
}

/**
 * The old holder's links were rid of the VIP by the deadline, or so long after it as its profile says,
 * whether anybody could reach it or not.
 */
export const goneByDeadline: Check = each(({ analysis: { goneMs }, bounds }) => {
  if (goneMs === undefined) return 'the VIP never left the old holder';
  return goneMs > bounds.goneMs
    ? `the VIP left the old holder after ${ms(goneMs)}, more than ${ms(bounds.goneMs)}`
    : undefined;
});

export const holderChanged: Check = each(({ analysis: { before, after } }) =>
  before === after ? 'the same host holds the VIP' : undefined,
);

export const holderStayed: Check = each(({ analysis: { before, after } }) =>
  before === after ? undefined : 'the holder moved',
);

/** The old holder's links were rid of the VIP so soon after the fault. */
export function goneWithin(limitMs: number): Check {
  return each(({ analysis: { goneMs } }) =>
    goneMs === undefined || goneMs > limitMs
      ? `the VIP left the old holder after ${goneMs === undefined ? 'the end' : ms(goneMs)}, more than ${ms(limitMs)}`
      : undefined,
  );
}

/** No probe went without an answer. */
export const nothingLost: Check = each(({ analysis: { lostProbes } }) =>
  lostProbes > 0 ? `${lostProbes} probes lost` : undefined,
);

/** A number of the scenario's own is there and is this one. */
export function measureIs(name: string, wanted: number): Check {
  return each(({ measures }) =>
    measures[name] === wanted
      ? undefined
      : `${name} is ${measures[name] ?? 'not measured'}, not ${wanted}`,
  );
}

/** etcd chose a new leader too slowly for the promise to apply (reliability.md §6, 17). */
export const SLOW_WRITER_MS = 2_300;

/** True when an independent client was served soon enough, so that nothing at all may be noticed. */
export function servedInTime({ measures }: RunFacts): boolean {
  return (measures['writerGapMs'] ?? Infinity) <= SLOW_WRITER_MS;
}

/**
 * The same holder; and in every run in which a writer was served in time no probe lost, or no more than
 * the profile says.
 */
export const unnoticed: Check = each((run) => {
  const { before, after, lostProbes, outageMs } = run.analysis;
  const { memberMs } = run.bounds;
  if (!servedInTime(run)) return undefined;
  if (before !== after) return 'another host holds the VIP';
  if (memberMs === 0) return lostProbes > 0 ? `${lostProbes} probes lost` : undefined;
  return outageMs > memberMs ? `outage of ${ms(outageMs)}, more than ${ms(memberMs)}` : undefined;
});

/** A number of the scenario's own is there and not above a limit. */
export function measureAtMost(name: string, limit: Limit, unit = 'ms'): Check {
  return each(({ measures, bounds }) => {
    const value = measures[name];
    if (value === undefined) return `${name} was not measured`;
    const most = limitIn(limit, bounds);
    return value > most ? `${name} ${value.toFixed(1)} ${unit}, more than ${most}` : undefined;
  });
}
