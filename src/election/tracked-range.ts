import type { KeyValue, Operation, OperationResult } from './store.ts';

/**
 * One key range, kept whole by small reads: after a first full read only what changed is asked for
 * (`min_mod_revision`), and the count of all keys, which etcd does not filter, shows whether one was
 * deleted in between. So the load of polling does not grow with the number of groups.
 */
export class TrackedRange {
  readonly prefix: string;
  readonly #keys = new Map<string, KeyValue>();
  /** Keys that are no UTF-8, not ours, and look like another once decoded. */
  #alike = 0;
  /** Revision of the last complete picture; undefined before the first. */
  #revision: number | undefined;
  /** Grows whenever the keys may have changed. */
  version = 0;
  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** The read that brings this range up to date. */
  read(): Operation {
    const range = { op: 'range', key: this.prefix, prefix: true } as const;
    return this.#revision === undefined ? range : { ...range, minModRevision: this.#revision + 1 };
  }

  /**
   * Takes in the answer to `read()`; `since` is the revision that the read asked from (undefined for
   * a full one). False when it does not make a complete picture: read again, in full.
   */
  apply(result: OperationResult, since: number | undefined, revision: number): boolean {
    if (since === undefined) {
      this.#keys.clear();
      const distinct = new Set(result.kvs.map((kv) => kv.key)).size;
      this.#alike = result.kvs.length - distinct;
    } else if (since !== this.#revision) {
      // Another answer came first: this delta does not start where we are.
      this.#revision = undefined;
      return false;
    }
    if (since === undefined || result.kvs.length > 0) this.version += 1;
    for (const kv of result.kvs) this.#keys.set(kv.key, kv);
    if (result.count !== this.#keys.size + this.#alike) {
      // Some key was deleted, perhaps written anew: only a full read tells which.
      this.#revision = undefined;
      return false;
    }
    this.#revision = revision;
    return true;
  }

  get revision(): number | undefined {
    return this.#revision;
  }

  get(key: string): KeyValue | undefined {
    return this.#keys.get(key);
  }

  /** Keys that begin with `prefix`, in the order of their creation. */
  under(prefix: string): KeyValue[] {
    return [...this.#keys.values()]
      .filter((kv) => kv.key.startsWith(prefix))
      .toSorted((one, other) => one.createRevision - other.createRevision);
  }

  forget(): void {
    this.version += 1;
    this.#keys.clear();
    this.#revision = undefined;
  }
}
