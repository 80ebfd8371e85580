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

/**
 * The daemon's pulse: notices a late event loop and a machine that was suspended. Resolves when the
 * signal aborts; rejects with what a handler throws. It is half of what an idle daemon wakes for, so a
 * tick is a timer and nothing else: no promise and no listener of its own.
 */
export async function tick(
  clock: Clock,
  handlers: TickHandlers,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve, reject) => {
    let suspended = clock.suspendedMs();
    let due = after(clock.now(), TICK_EVERY_MS);
    let cancel = clock.timer(TICK_EVERY_MS, onTimer);
    const end = (): void => {
      cancel();
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    function onTimer(): void {
      const now = clock.now();
      const asleep = clock.suspendedMs() - suspended;
      // A pause between the two readings makes the difference too small, once: that is no change.
      suspended += Math.max(asleep, 0);
      try {
        if (asleep > SUSPEND_MIN_MS) handlers.onSuspended(asleep);
        handlers.onTick(Math.max(elapsedMs(due, now), 0));
      } catch (error) {
        signal.removeEventListener('abort', end);
        reject(error);
        return;
      }
      // A handler may have ended it.
      if (signal.aborted) return;
      due = after(now, TICK_EVERY_MS);
      cancel = clock.timer(Math.max(elapsedMs(clock.now(), due), 0), onTimer);
    }
  });
}
