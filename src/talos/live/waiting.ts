import type { Clock } from '../../clock.ts';
import { elapsedMs } from '../../clock.ts';
import { OperatorError } from '../../errors.ts';

/** How long and how often is looked. */
export interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly withinMs: number;
  readonly everyMs: number;
}

/**
 * Looks again and again until nothing is lacking.
 * @param look what is lacking, in words; undefined: nothing
 * @param patience `withinMs` 0 looks once
 * @throws OperatorError with what was lacking at last
 */
export async function awaitNothing(
  look: () => Promise<string | undefined>,
  { clock, signal, withinMs, everyMs }: Patience,
): Promise<void> {
  const begun = clock.now();
  for (;;) {
    const lacking = await look();
    if (lacking === undefined) return;
    if (elapsedMs(begun, clock.now()) + everyMs > withinMs) {
      const after = withinMs === 0 ? '' : `after ${withinMs / 1000} s: `;
      throw new OperatorError(`${after}${lacking}`);
    }
    await clock.sleep(everyMs, signal);
  }
}
