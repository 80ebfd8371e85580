import { LONGEST_FENCE_LATENCY_MS, takeoverAfterMs } from '../election/promise.ts';
import type { Terms } from '../election/terms.ts';
import type { Profile, Timing } from './types.ts';

/** The profiles, the default first. */
export const PROFILES = [
  'steady',
  'fast',
  'adaptive',
  'seconds',
] as const satisfies readonly Profile[];

/**
 * Without the millisecond fence (design §4). The fence latency is what the rounding of a lifetime and
 * our own timers may cost.
 */
const SECONDS: Terms = {
  heartbeatEveryMs: 500,
  requestDeadlineMs: 800,
  holdForMs: 4000,
  fenceLatencyMs: LONGEST_FENCE_LATENCY_MS,
};

/**
 * With it. An nftables element ends within a jiffy or two of its timeout (measured: -4 to +12 ms,
 * reliability.md §3.3; test/fencing/nftables prints what this machine does).
 */
const STEADY: Terms = {
  heartbeatEveryMs: 500,
  requestDeadlineMs: 800,
  holdForMs: 3000,
  fenceLatencyMs: 130,
};
const FAST: Terms = {
  heartbeatEveryMs: 100,
  requestDeadlineMs: 250,
  holdForMs: 600,
  fenceLatencyMs: 35,
};

const TERMS: Readonly<Record<Profile, Terms>> = {
  seconds: SECONDS,
  steady: STEADY,
  fast: FAST,
  adaptive: STEADY,
};

const ANNOUNCE_EVERY_MS = 3000;
const LEASE_TTL_MS = 15_000;

/** What an operator may choose; the rest follows. Durations in whole milliseconds. */
export interface TimingChoice {
  readonly profile: Profile;
  readonly holdForMs?: number | undefined;
  readonly heartbeatEveryMs?: number | undefined;
  readonly announceEveryMs?: number | undefined;
  readonly leaseTtlMs?: number | undefined;
}

/** Two beats and a deadline: the old holder, if it lives, beats first (protocol.md rule 12). */
export function smallestGraceMs({
  heartbeatEveryMs,
  requestDeadlineMs,
}: Pick<Terms, 'heartbeatEveryMs' | 'requestDeadlineMs'>): number {
  return 2 * heartbeatEveryMs + requestDeadlineMs;
}

/** Longer than what others wait for, and a beat (timing.ts). */
export function smallestLeaseTtlMs(
  timing: Pick<Timing, 'takeoverAfterMs' | 'heartbeatEveryMs' | 'requestDeadlineMs'>,
): number {
  return timing.takeoverAfterMs + timing.heartbeatEveryMs + timing.requestDeadlineMs;
}

/** The whole timing of a choice. Not checked yet: see `timingProblems`. */
export function timingFor(choice: TimingChoice): Timing {
  const { profile } = choice;
  const usual = TERMS[profile];
  const terms = {
    ...usual,
    heartbeatEveryMs: choice.heartbeatEveryMs ?? usual.heartbeatEveryMs,
    holdForMs: choice.holdForMs ?? usual.holdForMs,
  };
  return {
    profile,
    ...terms,
    ...(profile === 'adaptive' && { shortest: FAST }),
    graceMs: smallestGraceMs(terms),
    takeoverAfterMs: takeoverAfterMs(terms.holdForMs, terms.fenceLatencyMs),
    announceEveryMs: choice.announceEveryMs ?? ANNOUNCE_EVERY_MS,
    leaseTtlMs: choice.leaseTtlMs ?? LEASE_TTL_MS,
  };
}

/**
 * What is run where the kernel has no millisecond fence: profile `seconds`, with the hold time that was
 * chosen where that is long enough for it.
 * @param least the smallest hold time of profile `seconds`, in milliseconds
 */
export function withoutFence(
  { holdForMs, announceEveryMs, ...rest }: Timing,
  least: number,
): Timing {
  const chosen = holdForMs >= least ? { holdForMs } : {};
  const timing = timingFor({ profile: 'seconds', announceEveryMs, ...chosen });
  return { ...timing, leaseTtlMs: Math.max(rest.leaseTtlMs, smallestLeaseTtlMs(timing)) };
}
