import type { Instant } from '../clock.ts';
import type { ElectionCore } from './core.ts';
import { StoreError, type Header, type KeyValue, type WatchEvent } from './store.ts';

/** From one try to open a watch to the next. */
const RETRY_MS = 250;
/**
 * A change is read this much later: whoever is next has taken by then, and neither its transaction
 * nor its CPU had to wait for those who only look on.
 */
const READ_AFTER_MS = 25;

/**
 * Watches everything that concerns us, for ever: a hint that makes us read sooner, and the dates of
 * heartbeats. After every break all is read anew.
 * @param onRecord told of each holder record that was written; true when it acted on it at once, and
 *   will read afterwards
 * @throws the signal's reason when it aborts
 */
export async function followWatch(
  core: ElectionCore,
  signal: AbortSignal,
  onRecord: (group: string, kv: KeyValue) => boolean,
): Promise<void> {
  const { store, view, keys, parts, look, options } = core;
  const ownNodeKey = keys.node(options.node);
  let pending = false;
  const lookSoon = (): void => {
    if (pending) return;
    pending = true;
    parts.clock.timer(READ_AFTER_MS, () => {
      pending = false;
      look.ring();
    });
  };
  const { memory } = parts.journal;
  const onEvents = (events: readonly WatchEvent[], header: Header): void => {
    const at = parts.clock.now();
    let read = false;
    let acted = false;
    // What we have seen, we have seen: a later answer from before it is a look back (rule 16).
    if (header.clusterId === memory.clusterId) {
      memory.highestRevision = Math.max(memory.highestRevision, header.revision);
    }
    for (const { type, kv } of events) {
      if (!kv.key.startsWith(keys.nodes)) {
        read = true;
        const isRecord = type === 'put' && kv.key.startsWith(keys.holders);
        if (isRecord && onRecord(kv.key.slice(keys.holders.length), kv)) acted = true;
      } else if (kv.key === ownNodeKey) continue;
      else if (type === 'put') read = sawBeat(kv, at) || read;
      else view.observations.miss(kv.key.slice(keys.nodes.length), kv.modRevision, at);
    }
    // A read beside a taking would only slow it down.
    if (acted) return;
    if (read) lookSoon();
  };
  // True when the beat lists other tokens than the one before: somebody may take now (rule 6).
  const sawBeat = (kv: KeyValue, at: Instant): boolean => {
    const node = kv.key.slice(keys.nodes.length);
    const before = view.observations.ofNode(node)?.beat?.tokens;
    view.observations.see(kv, at);
    const after = view.observations.ofNode(node)?.beat?.tokens;
    return JSON.stringify(before) !== JSON.stringify(after);
  };
  let compacted = false;
  for (;;) {
    const known = memory.highestRevision;
    // Where history is gone we start from now: the read that follows shows what was missed.
    const from = compacted || known === 0 ? {} : { fromRevision: known + 1 };
    compacted = false;
    try {
      await store.watch({ prefixes: view.prefixes, ...from, onEvents, signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof StoreError)) throw error;
      compacted = error.code === 'COMPACTED';
    }
    signal.throwIfAborted();
    look.ring();
    await parts.clock.sleep(RETRY_MS, signal);
  }
}
