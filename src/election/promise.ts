/**
 * The protocol's constant ρ (protocol.md, Words): no clock runs more than 8.5 % too fast or too slow.
 * chrony slews by at most 83333.333 ppm unless told otherwise (chrony.conf, maxslewrate).
 */
export const RHO = 0.085;

/**
 * The longest promise that any configuration may make, in milliseconds: where nothing is known of a
 * predecessor, this is waited out. A constant of the protocol; the configuration refuses more.
 */
export const LONGEST_HOLD_FOR_MS = 10_000;

/** The worst fence latency of any profile, in milliseconds (a lifetime's rounding and our own timers). */
export const LONGEST_FENCE_LATENCY_MS = 143;

/** ρ in thousandths, so that the inequality is computed in whole numbers, without rounding. */
const RHO_PER_MILLE = Math.round(RHO * 1000);

/**
 * How long a candidate sees no change before it may act, by its own clock: the smallest whole number
 * of milliseconds with `takeoverAfter·(1 − ρ) ≥ holdFor·(1 + ρ) + fence latency` (protocol.md, Words).
 * @param holdForMs the promise in the heartbeat, whole milliseconds
 * @param fenceLatencyMs how late the promising node's fence may close, whole milliseconds
 */
export function takeoverAfterMs(holdForMs: number, fenceLatencyMs: number): number {
  const owed = holdForMs * (1000 + RHO_PER_MILLE) + fenceLatencyMs * 1000;
  return Math.ceil(owed / (1000 - RHO_PER_MILLE));
}

/** `takeoverAfter` of the longest promise. */
export const LONGEST_TAKEOVER_AFTER_MS = takeoverAfterMs(
  LONGEST_HOLD_FOR_MS,
  LONGEST_FENCE_LATENCY_MS,
);
