import type * as zod from 'zod';
import { z } from '../zod.ts';
import type { Keys } from './keys.ts';
import type { CallOptions, Store } from './store.ts';

const factsSchema = z.object({
  version: z.string().optional(),
  /** Told to keep out of every election. */
  drained: z.boolean().optional(),
  groups: z
    .array(
      z.object({
        name: z.string(),
        vips: z.array(z.string()),
        weight: z.number().optional(),
        healthy: z.boolean().optional(),
      }),
    )
    .optional(),
});

/**
 * What a node says of itself (`<prefix>/facts/<node>`), as far as it can be read. No hold rests on it:
 * it is shown to people, and says who is the best to hand a group to.
 */
export type NodeFacts = zod.output<typeof factsSchema>;

/** Reads facts; undefined for what is none: of a later version, or not ours. */
export function decodeFacts(value: string): NodeFacts | undefined {
  try {
    return factsSchema.parse(JSON.parse(value));
  } catch {
    return undefined; // Said by whoever wrote it; nothing rests on it.
  }
}

/** Facts by node. */
export type FactsByNode = ReadonlyMap<string, NodeFacts>;

/** What all nodes say of themselves, from one linearizable read. @throws StoreError */
export async function readFacts(
  store: Store,
  keys: Keys,
  options: CallOptions,
): Promise<FactsByNode> {
  const prefix = keys.facts('');
  const range = { op: 'range', key: prefix, prefix: true } as const;
  const reply = await store.txn({ compares: [], success: [range], failure: [] }, options);
  const found = new Map<string, NodeFacts>();
  for (const { key, value } of reply.results[0]?.kvs ?? []) {
    const facts = decodeFacts(value);
    if (facts !== undefined) found.set(key.slice(prefix.length), facts);
  }
  return found;
}
