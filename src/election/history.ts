import { z } from '../zod.ts';
import type { CallOptions, Store } from './store.ts';

/** How many transitions of a group are kept (design §3). */
const MAX_ENTRIES = 50;
const MAX_TRIES = 3;

/** One change of a group's holder. */
export interface HistoryEntry {
  /** Wall-clock milliseconds. */
  readonly atMs: number;
  readonly node: string;
  readonly state: string;
  readonly reason: string;
  readonly by: string;
}

const historySchema = z.array(
  z.object({
    atMs: z.number(),
    node: z.string(),
    state: z.string(),
    reason: z.string(),
    by: z.string(),
  }),
);

/** Reads a history; what is not one counts as empty. Oldest first. */
export function decodeHistory(value: string): HistoryEntry[] {
  try {
    return historySchema.parse(JSON.parse(value));
  } catch {
    return []; // For people's eyes only: what cannot be read is begun anew.
  }
}

/**
 * Adds entries to a group's history, each guarded by the revision it was read at. For people: a
 * failure loses an entry and nothing else.
 * @throws StoreError
 */
export async function appendHistory(
  store: Store,
  key: string,
  entries: readonly HistoryEntry[],
  options: CallOptions,
): Promise<void> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const range = { op: 'range', key } as const;
    const read = await store.txn({ compares: [], success: [range], failure: [] }, options);
    const kv = read.results[0]?.kvs[0];
    const known = kv === undefined ? [] : decodeHistory(kv.value);
    const value = JSON.stringify([...known, ...entries].slice(-MAX_ENTRIES));
    const modRevision = kv?.modRevision ?? 0;
    const reply = await store.txn(
      {
        compares: [{ key, target: 'mod', op: '=', value: modRevision }],
        success: [{ op: 'put', key, value }],
        failure: [],
      },
      options,
    );
    if (reply.succeeded) return;
  }
}
