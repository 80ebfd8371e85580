import type { Clock } from '../clock.ts';

/** A wait that can be cut short: rung before or during it, it ends at once. */
export class Wakeup {
  #rung = false;
  #ring: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#ring?.();
  }

  /**
   * Resolves after `ms` milliseconds or when rung, at once if rung since the last wait.
   * @returns whether it was rung
   * @throws the signal's reason when it aborts
   */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (!this.#rung) {
      await new Promise<void>((resolve, reject) => {
        const end = (): void => {
          cancel();
          signal.removeEventListener('abort', onAbort);
          this.#ring = undefined;
        };
        const onAbort = (): void => {
          end();
          reject(signal.reason as Error);
        };
        const cancel = clock.timer(ms, () => {
          end();
          resolve();
        });
        signal.addEventListener('abort', onAbort, { once: true });
        this.#ring = () => {
          end();
          resolve();
        };
      });
    }
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }
}
