import type { Txn } from '../../../src/election/store.ts';
import type { Cluster } from '../etcd/cluster.ts';
import type { Change } from '../etcd/keyspace.ts';
import type { Host } from '../host/host.ts';
import { Burnt } from './burnt.ts';
import { Grace } from './grace.ts';
import { unlistedWhileHeld } from './listing.ts';
import type { Invariant } from './violation.ts';

/** What a host must not send, by what it has sent and what it has on its link. */
export class Sending {
  readonly #burnt = new Burnt();
  readonly #grace: Grace;

  constructor(cluster: Cluster) {
    this.#grace = new Grace(cluster);
  }

  /** The store went back in time. */
  onRestore(): void {
    this.#burnt.onRestore();
  }

  /** Told of each change in the store. */
  onChange(change: Change): void {
    this.#grace.onChange(change);
  }

  wrongIn(host: Host, txn: Txn): [Invariant, string][] {
    const { process, machine, daemon } = host;
    const deadlineMs = daemon?.timing.requestDeadlineMs ?? 0;
    const soon = process === undefined ? undefined : this.#grace.sent(txn, process, deadlineMs);
    const burnt = this.#burnt.sent(txn, machine.bootId);
    const unlisted = unlistedWhileHeld(host, txn);
    const found: [Invariant, string][] = [];
    if (soon !== undefined) found.push(['deposed-in-grace', soon]);
    if (burnt !== undefined) found.push(['burnt-token-claimed', burnt]);
    if (unlisted !== undefined) found.push(['unlisted-while-held', unlisted]);
    return found;
  }
}
