import type { Instant } from '../clock.ts';
import { decodeBeat, type Beat } from './beat.ts';
import type { KeyValue, LeaseId } from './store.ts';

/** What was last seen of one heartbeat key, and since when it is so. */
export interface Observation {
  readonly node: string;
  /** Mod revision of the beat; of the look that missed it, when it has vanished. */
  readonly revision: number;
  /** Create revision of the key; 0 when it has vanished. */
  readonly created: number;
  readonly present: boolean;
  /** '' when it has vanished. */
  readonly lease: LeaseId;
  /** Undefined when vanished or unreadable. */
  readonly beat: Beat | undefined;
  /** After the arrival of the reply that showed it first. */
  readonly firstSeenAt: Instant;
}

/**
 * When what a heartbeat key shows was there for certain: a watch may have told of it after the last read.
 * @param readAt of the picture that the rest comes from
 */
export function shownAt(seen: Observation | undefined, readAt: Instant): Instant {
  return seen !== undefined && seen.firstSeenAt > readAt ? seen.firstSeenAt : readAt;
}

/**
 * The heartbeats of all nodes, each dated when its present state was first seen on our own clock.
 * Mod revision and promise come from one read (protocol.md, Clocks [A2]). Reads and watch events may
 * arrive in any order: an older revision never replaces a newer one. A watch event may date a beat:
 * the transaction that acts on the silence compares the mod revision, so a stale one only fails.
 */
export class Observations {
  readonly #prefix: string;
  readonly #byNode = new Map<string, Observation>();
  constructor(nodesPrefix: string) {
    this.#prefix = nodesPrefix;
  }

  /** A heartbeat key as read or watched. */
  see(kv: KeyValue, at: Instant): void {
    const node = kv.key.slice(this.#prefix.length);
    const known = this.#byNode.get(node);
    if (known !== undefined && known.revision >= kv.modRevision) return;
    this.#byNode.set(node, {
      node,
      revision: kv.modRevision,
      created: kv.createRevision,
      present: true,
      lease: kv.lease,
      beat: decodeBeat(kv.value),
      firstSeenAt: at,
    });
  }

  /** The key was missing in a look at `revision`. A vanished key is a change [H4]. */
  miss(node: string, revision: number, at: Instant): void {
    const known = this.#byNode.get(node);
    if (known === undefined || !known.present || known.revision >= revision) return;
    this.#byNode.set(node, {
      node,
      revision,
      created: 0,
      present: false,
      lease: '',
      beat: undefined,
      firstSeenAt: at,
    });
  }

  /** A whole read of all heartbeat keys at `revision`. */
  replaceAll(kvs: readonly KeyValue[], revision: number, at: Instant): void {
    const present = new Set<string>();
    for (const kv of kvs) {
      present.add(kv.key.slice(this.#prefix.length));
      this.see(kv, at);
    }
    for (const node of this.#byNode.keys()) {
      if (!present.has(node)) this.miss(node, revision, at);
    }
  }

  ofNode(node: string): Observation | undefined {
    return this.#byNode.get(node);
  }

  ofLease(lease: LeaseId): Observation | undefined {
    for (const observation of this.#byNode.values()) {
      if (observation.present && observation.lease === lease) return observation;
    }
    return undefined;
  }

  all(): Observation[] {
    return [...this.#byNode.values()];
  }

  /** Forgets what vanished before `before`: the map stays as small as the cluster. */
  prune(before: Instant): void {
    for (const [node, observation] of this.#byNode) {
      if (!observation.present && observation.firstSeenAt < before) this.#byNode.delete(node);
    }
  }

  clear(): void {
    this.#byNode.clear();
  }
}
