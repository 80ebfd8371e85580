import { isOurLease } from '../../../src/election/keys.ts';
import { LONGEST_HOLD_FOR_MS } from '../../../src/election/promise.ts';
import { NO_LEASE } from '../../../src/election/store.ts';
import type { Keyspace } from '../etcd/keyspace.ts';

/** One of ours has read and written by then who leads, in true milliseconds. */
const SAID_WITHIN_MS = 2000;

interface Leading {
  readonly key: string;
  /** True time. */
  readonly since: number;
}

/**
 * Until when somebody else may hold a group: nothing is known of a stranger's promise, so the longest is
 * waited out after it has led (rule 8 [H8]).
 */
export class ForeignHolds {
  readonly #keyspace: Keyspace;
  readonly #someRun: () => boolean;
  readonly #leading = new Map<string, Leading>();
  readonly #until = new Map<string, number>();

  /** @param someRun whether any of ours runs */
  constructor(keyspace: Keyspace, someRun: () => boolean) {
    this.#keyspace = keyspace;
    this.#someRun = someRun;
  }

  /** @param now true time */
  onChange(elections: Iterable<string>, now: number): void {
    for (const election of elections) {
      const before = this.#leading.get(election);
      const key = this.#leader(election);
      if (before !== undefined && key !== before.key) this.#ended(election, before, now);
      if (key === undefined) {
        this.#leading.delete(election);
        continue;
      }
      this.#leading.set(election, { key, since: before?.key === key ? before.since : now });
    }
  }

  /** Who may hold the group of an election now, of those that are none of ours. */
  holder(election: string, now: number): string | undefined {
    const leader = this.#leader(election);
    if (leader !== undefined) return leader;
    return now < (this.#until.get(election) ?? 0) ? 'one that has led' : undefined;
  }

  #ended(election: string, { since }: Leading, now: number): void {
    if (now - since >= SAID_WITHIN_MS || !this.#someRun())
      this.#until.set(election, now + LONGEST_HOLD_FOR_MS);
  }

  /** The candidate that leads, if it is none of ours. */
  #leader(election: string): string | undefined {
    const head = this.#keyspace.under(election).find(({ lease }) => lease !== NO_LEASE);
    return head === undefined || isOurLease(head.lease) ? undefined : head.key;
  }
}
