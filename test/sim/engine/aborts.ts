type Callback = (reason: Error) => void;

/** Who waits for which signal: one listener a signal, for adding and removing listeners costs most. */
const waiting = new WeakMap<AbortSignal, Set<Callback>>();

/** Calls back when the signal aborts, in the order of asking; returns the way out. */
export function onAbort(signal: AbortSignal, callback: Callback): () => void {
  let callbacks = waiting.get(signal);
  if (callbacks === undefined) {
    const all = new Set<Callback>();
    const tell = (): void => {
      for (const each of all) each(signal.reason as Error);
    };
    signal.addEventListener('abort', tell, { once: true });
    waiting.set(signal, all);
    callbacks = all;
  }
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}
