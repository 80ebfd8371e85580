import { performance } from 'node:perf_hooks';
import { clockBoottimeMs } from './libc.ts';

declare const instant: unique symbol;

/**
 * A moment of this machine's CLOCK_BOOTTIME, in milliseconds since boot with a fraction. Comparable
 * only with instants of the same boot. BOOTTIME, unlike MONOTONIC, goes on while the machine is
 * suspended: a resumed machine must see that its right to hold has passed.
 */
export type Instant = number & { readonly [instant]: true };

/** Moves an instant by milliseconds. */
export function after(from: Instant, ms: number): Instant {
  return (from + ms) as Instant;
}

/** Milliseconds from `from` to `to`; negative when `to` is earlier. */
export function elapsedMs(from: Instant, to: Instant): number {
  return to - from;
}

/** Time, as the daemon sees it. The simulator brings its own. */
export interface Clock {
  /** Now, on CLOCK_BOOTTIME. */
  now(): Instant;
  /**
   * How long the machine has been suspended since boot, up to a constant: CLOCK_BOOTTIME runs during
   * a suspend, CLOCK_MONOTONIC and the kernel's own timers do not.
   */
  suspendedMs(): number;
  /** Wall-clock milliseconds since the epoch: for people's eyes, never for a decision. */
  wallMs(): number;
  /**
   * Resolves after `ms` milliseconds.
   * @throws the signal's reason when it aborts first.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `callback` once after `ms` milliseconds, unless the returned function is called first. */
  timer(ms: number, callback: () => void): () => void;
}

/** CLOCK_MONOTONIC in microseconds since boot: service managers order by it what they are told (sd_notify(3)). */
export function monotonicMicroseconds(): bigint {
  return process.hrtime.bigint() / 1000n;
}

/** setTimeout fires at once when given more than this (2^31 − 1 ms). */
const MAX_TIMER_MS = 2_147_483_647;

/** The machine's clock. Its timers keep the process alive until they fire or are cancelled. */
export const systemClock: Clock = {
  now: () => clockBoottimeMs() as Instant,
  suspendedMs: () => clockBoottimeMs() - performance.now(),
  wallMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(handle);
        reject(signal?.reason as Error);
      };
      const handle = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.min(Math.max(ms, 0), MAX_TIMER_MS),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
  timer: (ms, callback) => {
    const handle = setTimeout(callback, Math.min(Math.max(ms, 0), MAX_TIMER_MS));
    return () => clearTimeout(handle);
  },
};
