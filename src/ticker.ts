import { after, elapsedMs, type Clock } from './clock.ts';

/** How often the clock is looked at, whatever else happens. */
const TICK_EVERY_MS = 100;
/** A difference of BOOTTIME and MONOTONIC beyond this is a suspend, not noise (reliability.md §3.4). */
const SUSPEND_MIN_MS = 50;

export interface TickHandlers {
  /** How late the tick came, in milliseconds: what kept the event loop busy. */
  readonly onTick: (lagMs: number) => void;
  /** The machine slept for so long since the last tick. Comes before `onTick`. */
  readonly onSuspended: (ms: number) => void;
}

/** The daemon's pulse: notices a late event loop and a machine that was suspended. */
export async function tick(
  clock: Clock,
  handlers: TickHandlers,
  signal: AbortSignal,
): Promise<void> {
  let suspended = clock.suspendedMs();
  let due = after(clock.now(), TICK_EVERY_MS);
  while (!signal.aborted) {
    try {
      await clock.sleep(Math.max(elapsedMs(clock.now(), due), 0), signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    const now = clock.now();
    const asleep = clock.suspendedMs() - suspended;
    // A pause between the two readings makes the difference too small, once: that is no change.
    suspended += Math.max(asleep, 0);
    if (asleep > SUSPEND_MIN_MS) handlers.onSuspended(asleep);
    handlers.onTick(Math.max(elapsedMs(due, now), 0));
    due = after(now, TICK_EVERY_MS);
  }
}
