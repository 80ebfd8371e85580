import { Keys } from '../../../src/election/keys.ts';
import type { Txn, TxnReply } from '../../../src/election/store.ts';
import { PREFIX } from '../host/daemon.ts';
import type { Machine } from '../host/machine.ts';

const keys = new Keys(PREFIX);

/** The candidate keys that a transaction compares, each as `<key> <create revision>`. */
function comparedBy({ compares }: Txn): { key: string; token: string; created: number }[] {
  return compares.flatMap((compare) => {
    const { key, target, value } = compare;
    if (target !== 'create' || value === 0 || key.startsWith(keys.nodes)) return [];
    return [{ key, token: `${key} ${value}`, created: value }];
  });
}

/**
 * What each machine was told by a refused transaction to be gone: no beat asks for it again (rule 3
 * [A8]), but one that was on its way out in the very instant in which the answer came.
 */
export class LostTokens {
  /** When it was told, by token, in true milliseconds. */
  readonly #lost = new Map<Machine, Map<string, number>>();
  #restored = false;

  /** The store went back in time: what was gone may stand again, and such an answer is not believed. */
  onRestore(): void {
    this.#restored = true;
  }

  /** A transaction was answered: its compares have failed. @param now true time */
  refused(machine: Machine, txn: Txn, { results }: TxnReply, now: number): void {
    const lost = this.#lost.get(machine) ?? new Map<string, number>();
    this.#lost.set(machine, lost);
    for (const { key, token, created } of comparedBy(txn)) {
      const at = txn.failure.findIndex((each) => each.key === key);
      const found = results[at];
      if (found === undefined || found.kvs[0]?.createRevision === created) continue;
      if (!lost.has(token)) lost.set(token, now);
    }
  }

  /** @returns what is wrong with a transaction that is being sent at `now`, true time */
  sent(machine: Machine, txn: Txn, now: number): string | undefined {
    const writes = (prefix: string): boolean =>
      txn.success.some(({ op, key }) => op === 'put' && key.startsWith(prefix));
    if (this.#restored || !writes(keys.nodes) || writes(keys.holders)) return undefined;
    const lost = this.#lost.get(machine);
    const again = comparedBy(txn).find(({ token }) => (lost?.get(token) ?? now) < now);
    return again === undefined ? undefined : `asks again for ${again.token}`;
  }
}
