import { getEventListeners } from 'node:events';

type Callback = (reason: Error) => void;

/** Who waits for which signal: one listener a signal, for adding and removing listeners costs most. */
export class Aborts {
  readonly #waiting = new Map<AbortSignal, Set<Callback>>();

  /** Calls back when the signal aborts, in the order of asking; returns the way out. */
  on(signal: AbortSignal, callback: Callback): () => void {
    const callbacks = this.#waiting.get(signal) ?? this.#listen(signal);
    callbacks.add(callback);
    return () => callbacks.delete(callback);
  }

  #listen(signal: AbortSignal): Set<Callback> {
    const callbacks = new Set<Callback>();
    const tell = (): void => {
      for (const each of callbacks) each(signal.reason as Error);
    };
    signal.addEventListener('abort', tell, { once: true });
    this.#waiting.set(signal, callbacks);
    return callbacks;
  }

  /**
   * Everything is over: nobody is told of anything any more. Node keeps each signal of
   * `AbortSignal.any` that somebody listens to until it aborts (lib/internal/abort_controller.js,
   * gcPersistentSignals), and with it here the whole world that waits for it.
   */
  end(): void {
    for (const signal of this.#waiting.keys()) {
      if (signal.aborted) continue;
      for (const listener of getEventListeners(signal, 'abort')) {
        signal.removeEventListener('abort', listener as () => void);
      }
    }
    this.#waiting.clear();
  }
}
