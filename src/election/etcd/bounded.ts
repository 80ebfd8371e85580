import type { Clock } from '../../clock.ts';
import { StoreError } from '../store.ts';

export interface Bounds {
  readonly clock: Clock;
  /** For the errors. */
  readonly endpoint: string;
  /** Absent: only the signals end the work early. */
  readonly deadlineMs?: number;
  readonly signals: readonly AbortSignal[];
}

/** Why the signal given to the work aborts: once for all, or each call would make an exception of it. */
const OVER = new Error('the call is over');

/**
 * Runs work that may never settle. At the deadline, or when a signal aborts, the result rejects at
 * once, the signal given to the work aborts, and whatever the work yields later is ignored.
 * @throws StoreError DEADLINE_EXCEEDED, or the abort reason if it is a StoreError, or CANCELLED.
 */
export async function bounded<T>(
  { clock, endpoint, deadlineMs, signals }: Bounds,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const aborted = signals.find((signal) => signal.aborted);
  if (aborted) throw abortError(aborted, endpoint);
  const inner = new AbortController();
  const cleanups: (() => void)[] = [];
  try {
    return await new Promise<T>((resolve, reject) => {
      for (const signal of signals) {
        const onAbort = (): void => reject(abortError(signal, endpoint));
        signal.addEventListener('abort', onAbort, { once: true });
        cleanups.push(() => signal.removeEventListener('abort', onAbort));
      }
      if (deadlineMs !== undefined) {
        const text = `no answer within ${deadlineMs} ms`;
        const late = (): void => reject(new StoreError('DEADLINE_EXCEEDED', endpoint, text));
        cleanups.push(clock.timer(deadlineMs, late));
      }
      work(inner.signal).then(resolve, reject);
    });
  } finally {
    for (const cleanup of cleanups) cleanup();
    inner.abort(OVER);
  }
}

function abortError(signal: AbortSignal, endpoint: string): StoreError {
  const reason: unknown = signal.reason;
  if (reason instanceof StoreError) return reason;
  return new StoreError('CANCELLED', endpoint, 'the call was cancelled', { cause: reason });
}
