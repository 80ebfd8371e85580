import {
  NO_LEASE,
  type Compare,
  type KeyValue,
  type Operation,
  type OperationResult,
  type Txn,
  type WatchEvent,
} from '../../../src/election/store.ts';

/** etcd's --max-txn-ops as it comes: neither list of a transaction may be longer. */
const MAX_TXN_OPS = 128;
/** Changes that are kept for watches. */
const KEPT_CHANGES = 400;
const MISSING = { value: '', createRevision: 0, modRevision: 0, lease: NO_LEASE };

/** All that one transaction changed. */
export interface Change {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

/** UTF-16 from here on does not sort as the bytes of UTF-8 do. */
const SURROGATES = 0xd8_00;

/** Compares as etcd does: by the bytes. */
function compareText(one: string, other: string): number {
  if (one === other) return 0;
  const shorter = Math.min(one.length, other.length);
  let at = 0;
  while (at < shorter && one.charCodeAt(at) === other.charCodeAt(at)) at += 1;
  const mine = at < one.length ? one.charCodeAt(at) : -1;
  const theirs = at < other.length ? other.charCodeAt(at) : -1;
  if (mine < SURROGATES && theirs < SURROGATES) return mine - theirs;
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function byCreation(one: KeyValue, other: KeyValue): number {
  return one.createRevision - other.createRevision || compareText(one.key, other.key);
}

/**
 * etcd's keys with their revisions, and the changes since the last compaction (server/storage/mvcc,
 * server/etcdserver/txn). Nothing here knows of time or of failures.
 */
export class Keyspace {
  revision = 1;
  /** Changes up to this revision are forgotten. */
  compacted = 0;
  readonly history: Change[] = [];
  #keys = new Map<string, KeyValue>();
  /** What `under` has answered, for as long as no key below the prefix is written or deleted. */
  readonly #below = new Map<string, readonly KeyValue[]>();

  get(key: string): KeyValue | undefined {
    return this.#keys.get(key);
  }

  get size(): number {
    return this.#keys.size;
  }

  under(prefix: string): readonly KeyValue[] {
    const known = this.#below.get(prefix);
    if (known !== undefined) return known;
    const kvs: KeyValue[] = [];
    for (const kv of this.#keys.values()) if (kv.key.startsWith(prefix)) kvs.push(kv);
    kvs.sort(byCreation);
    this.#below.set(prefix, kvs);
    return kvs;
  }

  #touched(key: string): void {
    for (const prefix of this.#below.keys()) {
      if (key.startsWith(prefix)) this.#below.delete(prefix);
    }
  }

  /** A compare of a range holds when it holds for each key in it; of none, for a missing one. */
  #holds(compare: Compare): boolean {
    if (compare.target !== 'mod' || compare.prefix !== true)
      return isTrue(compare, this.#keys.get(compare.key));
    const kvs = this.under(compare.key);
    return kvs.length === 0 ? isTrue(compare, undefined) : kvs.every((kv) => isTrue(compare, kv));
  }

  /** Whether all compares hold. */
  matches(compares: readonly Compare[]): boolean {
    return compares.every((compare) => this.#holds(compare));
  }

  /** Carries out one branch; everything that it writes has one revision. */
  apply(operations: readonly Operation[]): OperationResult[] {
    const revision = this.revision + 1;
    const events: WatchEvent[] = [];
    const written = new Set<string>();
    const results = operations.map((operation): OperationResult => {
      if (operation.op === 'range') return this.#range(operation);
      // etcd refuses such a transaction as a whole: ours must never be one.
      if (written.has(operation.key)) throw new Error(`${operation.key} is written twice at once`);
      written.add(operation.key);
      if (operation.op === 'put') events.push(this.#put(operation, revision));
      else events.push(...this.#delete(operation.key, revision));
      return { kvs: [], count: 0 };
    });
    this.#commit(revision, events);
    return results;
  }

  /** Deletes keys in one revision, as when their lease has ended. */
  deleteAll(keys: Iterable<string>): void {
    const revision = this.revision + 1;
    this.#commit(
      revision,
      [...keys].flatMap((key) => this.#delete(key, revision)),
    );
  }

  #commit(revision: number, events: readonly WatchEvent[]): void {
    if (events.length === 0) return;
    this.revision = revision;
    this.history.push({ revision, events });
    // As with etcd's own auto-compaction: what is old is forgotten some time.
    if (this.history.length > KEPT_CHANGES) this.compact(revision - KEPT_CHANGES / 2);
  }

  #put(operation: Operation & { op: 'put' }, revision: number): WatchEvent {
    const { key, value, lease = NO_LEASE } = operation;
    const createRevision = this.#keys.get(key)?.createRevision ?? revision;
    const kv = { key, value, lease, createRevision, modRevision: revision };
    this.#keys.set(key, kv);
    this.#touched(key);
    return { type: 'put', kv };
  }

  #delete(key: string, revision: number): WatchEvent[] {
    if (!this.#keys.delete(key)) return [];
    this.#touched(key);
    return [{ type: 'delete', kv: { ...MISSING, lease: '', key, modRevision: revision } }];
  }

  #range({ key, prefix, minModRevision = 0 }: Operation & { op: 'range' }): OperationResult {
    const one = this.#keys.get(key);
    const kvs = prefix === true ? this.under(key) : one === undefined ? [] : [one];
    return { kvs: kvs.filter((kv) => kv.modRevision >= minModRevision), count: kvs.length };
  }

  /** Forgets the changes up to `revision`. */
  compact(revision: number): void {
    this.compacted = Math.max(this.compacted, revision);
    while ((this.history[0]?.revision ?? Infinity) <= revision) this.history.shift();
  }

  /** Changes from `revision` on. */
  since(revision: number): Change[] {
    return this.history.filter((change) => change.revision >= revision);
  }

  snapshot(): ReadonlyMap<string, KeyValue> {
    return new Map(this.#keys);
  }

  /** As a restore leaves it: keys and revision of then, and no history. */
  restore(keys: ReadonlyMap<string, KeyValue>, revision: number): void {
    this.#keys = new Map(keys);
    this.#below.clear();
    this.revision = revision;
    this.history.length = 0;
    this.compacted = revision;
  }
}

function isTrue(compare: Compare, kv: KeyValue | undefined): boolean {
  switch (compare.target) {
    case 'value':
      if (kv === undefined) return false;
      return compare.op === '='
        ? kv.value === compare.value
        : compareText(kv.value, compare.value) < 0;
    case 'lease':
      return (kv?.lease ?? NO_LEASE) === compare.value;
    case 'create':
      return (kv ?? MISSING).createRevision === compare.value;
    case 'mod': {
      const { modRevision } = kv ?? MISSING;
      if (compare.op === '=') return modRevision === compare.value;
      return compare.op === '<' ? modRevision < compare.value : modRevision > compare.value;
    }
  }
}

/** @throws for what etcd refuses as a whole: ours must never be such a transaction */
export function refuseOversized({ compares, success, failure }: Txn): void {
  const longest = Math.max(compares.length, success.length, failure.length);
  if (longest > MAX_TXN_OPS) throw new Error(`too many operations in a transaction: ${longest}`);
}

/** Whether a transaction would write, in either branch (what the quota of a full disk goes by). */
export function putsAnything({ success, failure }: Txn): boolean {
  return [...success, ...failure].some(({ op }) => op === 'put');
}
