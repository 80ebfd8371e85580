import type { Clock, Instant } from '../clock.ts';
import { elapsedMs } from '../clock.ts';
import type { Keys } from './keys.ts';
import type { Store } from './store.ts';
import { isTrouble } from './types.ts';

/** Whoever asks has something to do: a name that comes later helps nobody. */
const ANSWER_WITHIN_MS = 300;
/** A MAC that no facts name is not looked up again before. */
const READ_AGAIN_AFTER_MS = 1000;

/** Whose a MAC is: a node of ours, a stranger's, or nobody can tell, for etcd does not answer. */
export type Owner = { readonly node: string } | 'stranger' | 'unknown';

/** Which node has a MAC, by the facts that all nodes write. Read only when somebody asks. */
export class Roster {
  readonly #store: Pick<Store, 'txn'>;
  readonly #clock: Clock;
  readonly #keys: Keys;
  readonly #nodes = new Map<string, string>();
  #readAt: Instant | undefined;
  /** The last read was answered. */
  #answered = false;
  #reading: Promise<void> = Promise.resolve();

  constructor(store: Pick<Store, 'txn'>, clock: Clock, keys: Keys) {
    this.#store = store;
    this.#clock = clock;
    this.#keys = keys;
  }

  /** The node whose link has this MAC; `unknown` when etcd does not say in 300 ms. */
  async ownerOf(mac: string): Promise<Owner> {
    const now = this.#clock.now();
    const fresh = this.#readAt !== undefined && elapsedMs(this.#readAt, now) < READ_AGAIN_AFTER_MS;
    if (!this.#nodes.has(mac) && !fresh) {
      this.#readAt = now;
      this.#reading = this.#read();
    }
    await this.#reading;
    const node = this.#nodes.get(mac);
    if (node !== undefined) return { node };
    return this.#answered ? 'stranger' : 'unknown';
  }

  async #read(): Promise<void> {
    const prefix = this.#keys.facts('');
    const success = [{ op: 'range', key: prefix, prefix: true }] as const;
    const signal = new AbortController().signal;
    this.#answered = false;
    try {
      const options = { deadlineMs: ANSWER_WITHIN_MS, signal };
      const reply = await this.#store.txn({ compares: [], success, failure: [] }, options);
      this.#answered = true;
      // Facts go with their node's lease, and a node that was cut off may be heard for longer.
      for (const { key, value } of reply.results[0]?.kvs ?? []) {
        for (const mac of macsIn(value)) this.#nodes.set(mac, key.slice(prefix.length));
      }
    } catch (error) {
      if (!isTrouble(error)) throw error;
    }
  }
}

/** The MACs in a node's facts; none where they are of another form. */
function macsIn(facts: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(facts);
  } catch {
    return [];
  }
  if (typeof parsed !== 'object' || parsed === null || !('macs' in parsed)) return [];
  const { macs } = parsed;
  return Array.isArray(macs) ? macs.filter((mac) => typeof mac === 'string') : [];
}
