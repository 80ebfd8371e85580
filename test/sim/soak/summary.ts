import type { FaultKind } from '../world/fault.ts';
import type { Outcome } from '../world/run.ts';
import { unreached, type Transitions } from './coverage.ts';
import type { Schedule } from '../world/schedule.ts';
import type { Invariant } from '../world/violation.ts';

/** A seed whose run broke an invariant. */
export interface Failure {
  readonly seed: number;
  readonly invariant: Invariant;
  readonly message: string;
}

/** What some schedules came to; plain data, so that workers can send it. */
export interface Summary {
  schedules: number;
  events: number;
  virtualMs: number;
  holderChanges: number;
  /** The longest from the end of the faults until somebody held for good, and whose it was. */
  slowest: { ms: number; seed: number };
  faults: Partial<Record<FaultKind, number>>;
  transitions: Transitions;
  failures: Failure[];
}

export function emptySummary(): Summary {
  return {
    schedules: 0,
    events: 0,
    virtualMs: 0,
    holderChanges: 0,
    slowest: { ms: 0, seed: 0 },
    faults: {},
    transitions: {},
    failures: [],
  };
}

/** Adds one run. */
export function count(summary: Summary, { faults }: Schedule, outcome: Outcome): void {
  const { seed, violation, settledAfterMs } = outcome;
  summary.schedules += 1;
  summary.events += outcome.events;
  summary.virtualMs += outcome.virtualMs;
  summary.holderChanges += outcome.holderChanges;
  addUp(summary.transitions, outcome.transitions);
  for (const { kind } of faults) summary.faults[kind] = (summary.faults[kind] ?? 0) + 1;
  if (violation !== undefined) {
    const { invariant, message } = violation;
    summary.failures.push({ seed, invariant, message });
  } else if (settledAfterMs > summary.slowest.ms) summary.slowest = { ms: settledAfterMs, seed };
}

/** Adds what another worker found. */
export function merge(into: Summary, other: Summary): void {
  into.schedules += other.schedules;
  into.events += other.events;
  into.virtualMs += other.virtualMs;
  into.holderChanges += other.holderChanges;
  if (other.slowest.ms > into.slowest.ms) into.slowest = other.slowest;
  into.failures.push(...other.failures);
  addUp(into.faults, other.faults);
  addUp(into.transitions, other.transitions);
}

function addUp(into: Record<string, number>, other: Record<string, number>): void {
  for (const [key, times] of Object.entries(other)) into[key] = (into[key] ?? 0) + times;
}

/** For people. @param again what the replay of one of its seeds is told besides */
export function describeSummary(summary: Summary, seconds: number, again = ''): string {
  const { schedules, virtualMs, slowest, failures } = summary;
  const hours = (virtualMs / 3_600_000).toFixed(1);
  const faults = Object.entries(summary.faults)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([kind, times]) => `${kind} ${times}`);
  const { states, reasons } = unreached(summary.transitions);
  const never = [...states, ...reasons].join(', ') || 'none';
  return [
    `${schedules} schedules in ${seconds.toFixed(0)} s: ${hours} simulated hours, ${summary.events} events`,
    `${summary.holderChanges} changes of the holder; settled at most ${(slowest.ms / 1000).toFixed(1)} s after the faults (seed ${slowest.seed})`,
    `faults: ${faults.join(', ')}`,
    `${Object.keys(summary.transitions).length} transitions by state and reason; never: ${never}`,
    `${failures.length} violations`,
    ...failures.map(({ seed, message }) => `  npm run replay -- ${seed}${again}  # ${message}`),
  ].join('\n');
}
