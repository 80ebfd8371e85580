import type { FactsByNode } from './node-facts.ts';

/**
 * What all nodes say of themselves, asked for by many groups at once: who asks while a read is under way
 * gets what that one says. What a node asks of etcd must not grow with its groups.
 */
export class FactsReading {
  readonly #read: () => Promise<FactsByNode>;
  #underWay: Promise<FactsByNode> | undefined;

  /** @param read one linearizable read, bounded by a deadline of its own */
  constructor(read: () => Promise<FactsByNode>) {
    this.#read = read;
  }

  /** @throws StoreError; the signal's reason, while the read goes on for the others */
  ask(signal: AbortSignal): Promise<FactsByNode> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    this.#underWay ??= this.#read().finally(() => {
      this.#underWay = undefined;
    });
    const underWay = this.#underWay;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      const answered = (): void => signal.removeEventListener('abort', onAbort);
      void underWay.then(resolve, reject).finally(answered);
    });
  }
}
