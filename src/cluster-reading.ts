import type { Config } from './config/types.ts';
import { decodeHistory } from './election/history.ts';
import { Keys } from './election/keys.ts';
import type { Store } from './election/store.ts';
import { survey } from './election/survey.ts';
import type { ClusterReading, ToldGroup } from './observe/page/picture.ts';
import { z } from './zod.ts';

/** For people: an election never waits for it. */
const READ_WITHIN_MS = 2000;

const toldSchema = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      state: z.string().optional(),
      reason: z.string().nullish(),
      detail: z.string().optional(),
      sinceMs: z.number().optional(),
    }),
  ),
});

/** What a node says of its groups; none where that is not to be read. */
function decodeTold(value: string): readonly ToldGroup[] {
  try {
    return toldSchema.parse(JSON.parse(value)).groups;
  } catch {
    return []; // Of an earlier version, or anybody's: nothing rests on it.
  }
}

/**
 * Reads what all nodes have written about who holds what, for the status page. Decides nothing.
 * @throws StoreError
 */
export async function readCluster(
  store: Store,
  { prefix, groups }: Pick<Config, 'prefix' | 'groups'>,
  signal: AbortSignal,
): Promise<ClusterReading> {
  const keys = new Keys(prefix);
  const options = { deadlineMs: READ_WITHIN_MS, signal };
  const elsewhere = new Map(
    groups.flatMap(({ name, electionKey }) =>
      electionKey === undefined ? [] : [[name, electionKey] as const],
    ),
  );
  const found = await survey(store, prefix, elsewhere, options);
  const [history, facts] = [keys.history(''), keys.facts('')];
  const success = [history, facts].map((key) => ({ op: 'range', key, prefix: true }) as const);
  const { results } = await store.txn({ compares: [], success, failure: [] }, options);
  const [past = [], said = []] = results.map(({ kvs }) => kvs);
  return {
    survey: found,
    history: new Map(
      past.map(({ key, value }) => [key.slice(history.length), decodeHistory(value)]),
    ),
    told: new Map(said.map(({ key, value }) => [key.slice(facts.length), decodeTold(value)])),
  };
}
