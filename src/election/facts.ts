import type { ElectionCore } from './core.ts';
import type { Self } from './situation.ts';
import { StoreError } from './store.ts';

/** From one try to write the node's facts to the next. */
const RETRY_MS = 1000;

/** Without a change they are written this seldom: somebody may have deleted them. */
const REWRITE_MS = 600_000;

/** Writes the node's facts, and again whenever they have changed, until the signal aborts. */
export async function keepFacts(
  core: ElectionCore,
  self: Self,
  signal: AbortSignal,
): Promise<void> {
  const { factsChanged, parts } = core;
  while (!signal.aborted) {
    await writeFacts(core, self, signal);
    try {
      await factsChanged.wait(parts.clock, REWRITE_MS, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/**
 * Says who we are, once our heartbeat key stands to guard it. For people: `status` shows it. Resolves
 * when it is written or the signal aborts.
 */
export async function writeFacts(
  { store, keys, options, parts }: ElectionCore,
  { node, lease }: Self,
  signal: AbortSignal,
): Promise<void> {
  const txn = {
    compares: [{ key: keys.node(node), target: 'lease', op: '=', value: lease }],
    success: [{ op: 'put', key: keys.facts(node), value: options.facts(), lease }],
    failure: [],
  } as const;
  const deadlineMs = options.timing.requestDeadlineMs;
  while (!signal.aborted) {
    try {
      await parts.clock.sleep(RETRY_MS, signal);
      if ((await store.txn(txn, { deadlineMs, signal })).succeeded) return;
    } catch (error) {
      if (!(error instanceof StoreError) && !signal.aborted) throw error;
    }
  }
}
