import { after, elapsedMs, type Instant } from '../clock.ts';

/**
 * The kernel deletes an address up to this long after its lifetime ended: its sweep is rounded to
 * whole seconds (net/ipv4/devinet.c, check_lifetime).
 */
export const KERNEL_LATE_MS = 1000;
/** From reading the clock until the kernel has taken the lifetime in. */
const ON_THE_WAY_MS = 20;
/** Re-armed this long before the whole second: the kernel's sweep may also come 20 ms early. */
const EARLY_MS = 100;

/**
 * The longest whole-second lifetime that ends, with the kernel as late as it may be, by the deadline
 * (design §4). Less than 1: too little is left, and 0 the kernel refuses.
 */
export function lifetimeSeconds(deadline: Instant, now: Instant): number {
  return Math.floor((elapsedMs(now, deadline) - KERNEL_LATE_MS - ON_THE_WAY_MS) / 1000);
}

/**
 * When to arm again although no new proof has come: rounding gave some of the right away, and one
 * last whole second just before it is due gets it back. Undefined once that is past.
 */
export function rearmAt(deadline: Instant, now: Instant): Instant | undefined {
  const at = after(deadline, -(KERNEL_LATE_MS + 1000 + EARLY_MS));
  return at > now ? at : undefined;
}

/** Whether a lifetime acknowledged by `now` may outlast the deadline: then it must be taken back. */
export function endsTooLate(deadline: Instant, now: Instant, seconds: number): boolean {
  return after(now, seconds * 1000 + KERNEL_LATE_MS) > deadline;
}
