import { NO_LEASE } from '../../../src/election/store.ts';
import type { Cluster } from './cluster.ts';
import type { Rng } from '../engine/rng.ts';
import type { Scheduler } from '../engine/scheduler.ts';

const TTL_SECONDS = 10;
const RESIGN_AGAIN_MS = 2000;
const KEEP_ALIVE_MS = (TTL_SECONDS * 1000) / 3;

/**
 * A candidate of somebody else, as Go's clientv3/concurrency.Election campaigns: one key on a lease,
 * the lowest create revision leads, no heartbeat and no promise. It comes, leads for a while when its
 * turn has come, and resigns or dies.
 */
export class ForeignCandidate {
  readonly #scheduler: Scheduler;
  readonly #cluster: Cluster;
  readonly #rng: Rng;
  readonly #election: string;
  #lease = 0;
  #key: string | undefined;
  #leads = false;

  constructor(scheduler: Scheduler, cluster: Cluster, rng: Rng, election: string) {
    this.#scheduler = scheduler;
    this.#cluster = cluster;
    this.#rng = rng;
    this.#election = election;
    this.#comeLater();
  }

  #comeLater(): void {
    this.#scheduler.after(this.#rng.between(0, 12_000), () => {
      this.#cluster.submit(() => this.#campaign());
    });
  }

  #campaign(): void {
    if (this.#cluster.full) {
      this.#comeLater();
      return;
    }
    this.#lease += 1;
    // Any ID that does not carry our tag.
    const lease = (0x7000 + this.#lease).toString(16);
    this.#cluster.leases.grant(lease, TTL_SECONDS);
    this.#key = `${this.#election}/${lease}`;
    const put = { op: 'put', key: this.#key, value: 'stranger', lease } as const;
    const compare = { key: this.#key, target: 'create', op: '=', value: 0 } as const;
    this.#keepAlive(lease, this.#lease);
    this.#cluster.txn({ compares: [compare], success: [put], failure: [] });
  }

  #keepAlive(lease: string, life: number): void {
    this.#scheduler.after(KEEP_ALIVE_MS, () => {
      if (this.#lease !== life || this.#key === undefined) return;
      if (this.#cluster.available) this.#cluster.leases.keepAlive(lease);
      this.#keepAlive(lease, life);
    });
  }

  /** Something changed: is it our turn, or over? */
  look(): void {
    const key = this.#key;
    if (key === undefined) return;
    const queue = this.#cluster.keyspace
      .under(`${this.#election}/`)
      .filter(({ lease }) => lease !== NO_LEASE);
    if (!queue.some((kv) => kv.key === key)) {
      this.#gone();
      return;
    }
    if (queue[0]?.key !== key || this.#leads) return;
    this.#leads = true;
    this.#scheduler.after(this.#rng.between(500, 8000), () => {
      if (this.#key !== key) return;
      // Resigns, or dies and leaves the rest to its lease.
      this.#key = this.#rng.chance(0.3) ? undefined : key;
      if (this.#key !== undefined) this.#resign(key);
      else this.#gone();
    });
  }

  /** Until it is done: a request may be lost with etcd's leader. */
  #resign(key: string): void {
    if (this.#key !== key) return;
    const lease = key.slice(this.#election.length + 1);
    this.#cluster.submit(() => this.#cluster.revoke(lease));
    this.#scheduler.after(RESIGN_AGAIN_MS, () => this.#resign(key));
  }

  #gone(): void {
    this.#key = undefined;
    this.#leads = false;
    if (this.#scheduler.now < 20_000) this.#comeLater();
  }
}
