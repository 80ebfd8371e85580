import type { ElectionCore } from './core.ts';
import { NO_WAY } from './heir.ts';
import { endedRecord, sameToken } from './record.ts';
import type { CallOptions, KeyValue } from './store.ts';

/**
 * Gives up candidate keys that our reused lease carries for groups that are no longer configured:
 * alive with the lease, they would keep everybody else waiting for ever. The addresses are off the
 * links by then (reconciliation comes first).
 * @throws StoreError
 */
export async function releaseStrays(
  core: ElectionCore,
  strays: readonly KeyValue[],
  options: CallOptions,
): Promise<void> {
  const { store, keys, transactions, view, parts, options: election } = core;
  for (const stray of strays) {
    const token = { key: stray.key, createRevision: stray.createRevision };
    const group = stray.key.slice(keys.elections.length, stray.key.lastIndexOf('/'));
    const { record, recordRevision } = view.group(group);
    const named = record?.state === 'held' && sameToken(record.token, token);
    const ending = {
      state: 'released',
      reason: 'config-changed',
      by: election.node,
      nowMs: parts.clock.wallMs(),
    } as const;
    const txn = named
      ? transactions.release({ group, token, recordRevision }, endedRecord(record, ending), NO_WAY)
      : transactions.dequeue(token);
    await store.txn(txn, options);
  }
}
