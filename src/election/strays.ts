import type { Clock } from '../clock.ts';
import type { Keys } from './keys.ts';
import { sameToken } from './record.ts';
import type { CallOptions, KeyValue, Store } from './store.ts';
import type { Transactions } from './transactions.ts';
import type { View } from './view.ts';

interface StrayParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly keys: Keys;
  readonly transactions: Transactions;
  readonly view: View;
}

/**
 * Gives up candidate keys that our reused lease carries for groups that are no longer configured:
 * alive with the lease, they would keep everybody else waiting for ever. The addresses are off the
 * links by then (reconciliation comes first).
 * @throws StoreError
 */
export async function releaseStrays(
  parts: StrayParts,
  node: string,
  strays: readonly KeyValue[],
  options: CallOptions,
): Promise<void> {
  const { store, clock, keys, transactions, view } = parts;
  for (const stray of strays) {
    const token = { key: stray.key, createRevision: stray.createRevision };
    const group = stray.key.slice(keys.elections.length, stray.key.lastIndexOf('/'));
    const { record, recordRevision } = view.group(group);
    const named = record?.state === 'held' && sameToken(record.token, token);
    const ended = {
      state: 'released',
      reason: 'config-changed',
      by: node,
      changedMs: clock.wallMs(),
    } as const;
    const txn = named
      ? transactions.release({ group, token, recordRevision }, { ...record, ...ended }, [])
      : transactions.dequeue(token);
    await store.txn(txn, options);
  }
}
