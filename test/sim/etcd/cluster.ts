import {
  NO_LEASE,
  StoreError,
  type Header,
  type KeyValue,
  type LeaseId,
  type StoreErrorCode,
  type Txn,
  type TxnReply,
} from '../../../src/election/store.ts';
import type { Rng } from '../engine/rng.ts';
import type { Scheduler } from '../engine/scheduler.ts';
import { Keyspace, putsAnything, refuseOversized, type Change } from './keyspace.ts';
import { Leases } from './leases.ts';

interface Snapshot {
  readonly keys: ReadonlyMap<string, KeyValue>;
  readonly leases: ReadonlyMap<LeaseId, number>;
  readonly revision: number;
}

export function storeError(code: StoreErrorCode, message: string): StoreError {
  return new StoreError(code, 'etcd', message);
}

/**
 * etcd as its clients see it: one linearizable store. Its members show only in what goes wrong: a
 * time without a leader, a full disk, an old leader that acknowledges leases, a restored snapshot.
 */
export class Cluster {
  readonly keyspace = new Keyspace();
  readonly leases: Leases;
  clusterId = '1';
  /** A quorum stands. */
  available = true;
  /** True time since when. */
  availableSince = 0;
  /** The NOSPACE alarm is raised. */
  full = false;
  /** Keep-alives reach a leader that is none any more. */
  staleKeepAlives = false;
  /** Times without a leader so far. */
  outages = 0;
  /** Grows with each time that the members were started anew: what was sent before is lost. */
  generation = 0;
  /** Told of each change, in order. */
  onChange: (change: Change) => void = () => undefined;
  /** Told when all watches end. */
  onRestart: () => void = () => undefined;
  readonly #scheduler: Scheduler;
  #waiting: (() => void)[] = [];
  #snapshots: Snapshot[] = [];
  #told = 1;

  constructor(scheduler: Scheduler, rng: Rng, rate: number) {
    this.#scheduler = scheduler;
    this.leases = new Leases(scheduler, rng, {
      rate,
      onExpired: (id) => {
        if (this.available) this.revoke(id);
      },
    });
  }

  get header(): Header {
    return { clusterId: this.clusterId, revision: this.keyspace.revision };
  }

  /** Runs now, or when there is a leader again. */
  submit(run: () => void): void {
    if (this.available) run();
    else this.#waiting.push(run);
  }

  /** @throws StoreError */
  txn(txn: Txn): TxnReply {
    const { keyspace, leases } = this;
    refuseOversized(txn);
    if (this.full && putsAnything(txn)) throw storeError('RESOURCE_EXHAUSTED', 'no space');
    const succeeded = keyspace.matches(txn.compares);
    const branch = succeeded ? txn.success : txn.failure;
    for (const operation of branch) {
      if (operation.op !== 'put') continue;
      const { lease = NO_LEASE } = operation;
      if (lease !== NO_LEASE && !leases.has(lease)) {
        throw storeError('NOT_FOUND', 'requested lease not found');
      }
    }
    const results = keyspace.apply(branch);
    this.#tell();
    return { succeeded, header: this.header, results };
  }

  /** @throws StoreError */
  grant(id: LeaseId, ttlSeconds: number): Header {
    if (this.full) throw storeError('RESOURCE_EXHAUSTED', 'no space');
    if (this.leases.has(id)) throw storeError('ALREADY_EXISTS', 'lease already exists');
    this.leases.grant(id, ttlSeconds);
    return this.header;
  }

  keepAlive(id: LeaseId): number {
    return this.staleKeepAlives ? this.leases.staleKeepAlive(id) : this.leases.keepAlive(id);
  }

  /** Ends a lease and deletes its keys. A lease that is gone is no error. */
  revoke(id: LeaseId): void {
    if (!this.leases.end(id)) return;
    const { keyspace } = this;
    keyspace.deleteAll(
      keyspace
        .under('')
        .filter(({ lease }) => lease === id)
        .map(({ key }) => key),
    );
    this.#tell();
  }

  #tell(): void {
    const change = this.keyspace.history.at(-1);
    if (change === undefined || change.revision <= this.#told) return;
    this.#told = change.revision;
    this.onChange(change);
  }

  /** No leader: nothing is applied, and no lease ends. */
  loseQuorum(): void {
    if (this.available) this.outages += 1;
    this.available = false;
  }

  /** A member leads again; of what waited, each is applied now or was lost with the old leader. */
  regainQuorum(isLost: () => boolean): void {
    if (this.available) return;
    this.available = true;
    this.availableSince = this.now;
    this.leases.promote();
    for (const run of this.#waiting.splice(0)) {
      if (!isLost()) run();
    }
  }

  takeSnapshot(): void {
    const { keyspace, leases } = this;
    const { revision } = keyspace;
    this.#snapshots.push({ keys: keyspace.snapshot(), leases: leases.snapshot(), revision });
  }

  /**
   * The members were started from the snapshot; only while etcd is down.
   * @param back how many snapshots to go back, the latest is 0
   * @param newId a cluster ID of its own, as `etcdctl snapshot restore` gives unless told otherwise
   */
  restore(back: number, newId: boolean): void {
    const snapshot = this.#snapshots.at(-1 - back) ?? this.#snapshots[0];
    if (snapshot === undefined) return;
    this.keyspace.restore(snapshot.keys, snapshot.revision);
    this.#told = snapshot.revision;
    this.leases.restore(snapshot.keys.values(), snapshot.leases);
    if (newId) this.clusterId = String(Number(this.clusterId) + 1);
    this.#waiting = [];
    this.generation += 1;
    this.onRestart();
  }

  /** True time. */
  get now(): number {
    return this.#scheduler.now;
  }
}
