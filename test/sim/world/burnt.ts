import type { Txn } from '../../../src/election/store.ts';
import { recordsIn } from './writes.ts';

/**
 * The tokens that each boot of a machine has released, whether etcd was told or not: none is ever taken
 * again (rules 13, 15 [H6]), restarts included.
 */
export class Burnt {
  readonly #released = new Map<string, Set<string>>();

  /** The store went back in time: revisions begin anew there. */
  onRestore(): void {
    this.#released.clear();
  }

  /** @returns what is wrong with a transaction that the machine of this boot sends */
  sent(txn: Txn, bootId: string): string | undefined {
    const released = this.#released.get(bootId) ?? new Set();
    this.#released.set(bootId, released);
    for (const { state, token } of recordsIn(txn)) {
      const name = `${token.key} ${token.createRevision}`;
      if (state === 'released') released.add(name);
      if (state === 'held' && released.has(name)) return `takes ${name}, which it has released`;
    }
    return undefined;
  }
}
