/**
 * Bound on the error of a clock's rate: chronyd may slew by 83 333 ppm (protocol.md, Words). A
 * constant of the protocol.
 */
export const RHO = 0.085;

/**
 * The longest promise that any configuration may make, in milliseconds: where nothing is known of a
 * predecessor, this is waited out. A constant of the protocol; the configuration refuses more.
 */
export const LONGEST_HOLD_FOR_MS = 10_000;

/** The worst fence latency of any profile, in milliseconds (a lifetime's rounding and our own timers). */
export const LONGEST_FENCE_LATENCY_MS = 143;

/**
 * How long a candidate sees no change before it may act, by its own clock, for a promise:
 * `takeoverAfter·(1 − ρ) ≥ holdFor·(1 + ρ) + fence latency` (design §3).
 * @returns whole milliseconds
 */
export function takeoverAfterMs(holdForMs: number, fenceLatencyMs: number): number {
  return Math.ceil((holdForMs * (1 + RHO) + fenceLatencyMs) / (1 - RHO));
}

/** `takeoverAfter` of the longest promise. */
export const LONGEST_TAKEOVER_AFTER_MS = takeoverAfterMs(
  LONGEST_HOLD_FOR_MS,
  LONGEST_FENCE_LATENCY_MS,
);
