import { after, elapsedMs, type Instant } from '../clock.ts';

/**
 * The kernel deletes an address up to this long after its lifetime ended: its sweep is rounded to
 * whole seconds (net/ipv4/devinet.c, check_lifetime).
 */
export const KERNEL_LATE_MS = 1000;
/** From reading the clock until the kernel has taken the lifetime in. */
const ON_THE_WAY_MS = 20;
/** Armed again this long before a whole second is lost: a timer that is late by less loses none. */
const SPARE_MS = 100;
/** Where whole seconds let it, an address is armed again this long before the kernel would end it. */
const AHEAD_MS = 400;
/** Less is not worth a message to the kernel; a timer may fire 2 ms early. */
const WORTH_MS = 10;

/**
 * The longest whole-second lifetime that ends, with the kernel as late as it may be, by the deadline
 * (design §4). Less than 1: too little is left, and 0 the kernel refuses.
 */
export function lifetimeSeconds(deadline: Instant, now: Instant): number {
  return Math.floor((elapsedMs(now, deadline) - KERNEL_LATE_MS - ON_THE_WAY_MS) / 1000);
}

/**
 * When to arm again, after arming at `now`, although no new proof has come: rounding gave up to a
 * second of the right away, and as many whole seconds begun later get it back. Undefined when there
 * is nothing to get back.
 */
export function rearmAt(deadline: Instant, now: Instant): Instant | undefined {
  const seconds = lifetimeSeconds(deadline, now);
  const leftMs = elapsedMs(now, deadline) - KERNEL_LATE_MS - ON_THE_WAY_MS;
  const gainMs = leftMs - seconds * 1000 - SPARE_MS;
  if (seconds < 1 || gainMs < WORTH_MS) return undefined;
  // `gainMs` from now and each second after it a lifetime would end at the same moment. Not sooner
  // than needed: with a beat each 500 ms the next proof comes first, and makes it needless.
  const lastSeconds = gainMs > 1000 - AHEAD_MS ? 2 : 1;
  return after(now, gainMs + Math.max(seconds - lastSeconds, 0) * 1000);
}

/** Whether a lifetime acknowledged by `now` may outlast the deadline: then it must be taken back. */
export function endsTooLate(deadline: Instant, now: Instant, seconds: number): boolean {
  return after(now, seconds * 1000 + KERNEL_LATE_MS) > deadline;
}
