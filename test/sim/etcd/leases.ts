import type { KeyValue, LeaseId } from '../../../src/election/store.ts';
import type { Scheduler } from '../engine/scheduler.ts';
import type { Rng } from '../engine/rng.ts';

/** etcd looks for expired leases this often (server/lease/lessor.go, runLoop). */
const LOOK_EVERY_MS = 500;
/** A new leader gives every lease its whole TTL and an election timeout more (lessor.Promote). */
const PROMOTION_MS = 1000;
/** The shortest lease that default election timing grants, in seconds (reliability.md §2.1). */
const MIN_TTL_SECONDS = 2;

interface Lease {
  readonly ttlMs: number;
  /** True time. */
  expiresAt: number;
}

/** The lessor: leases by the clock of whoever leads etcd, ended late, never early. */
export class Leases {
  readonly #scheduler: Scheduler;
  readonly #rng: Rng;
  /** Milliseconds of the leader's clock in one of true time. */
  readonly #rate: number;
  readonly #onExpired: (id: LeaseId) => void;
  #leases = new Map<LeaseId, Lease>();

  constructor(
    scheduler: Scheduler,
    rng: Rng,
    { rate, onExpired }: { rate: number; onExpired: (id: LeaseId) => void },
  ) {
    this.#scheduler = scheduler;
    this.#rng = rng;
    this.#rate = rate;
    this.#onExpired = onExpired;
  }

  has(id: LeaseId): boolean {
    return this.#leases.has(id);
  }

  get ids(): LeaseId[] {
    return [...this.#leases.keys()];
  }

  grant(id: LeaseId, ttlSeconds: number): void {
    const ttlMs = (Math.max(ttlSeconds, MIN_TTL_SECONDS) * 1000) / this.#rate;
    const lease = { ttlMs, expiresAt: this.#scheduler.now + ttlMs };
    this.#leases.set(id, lease);
    this.#lookLater(id, lease);
  }

  /** Seconds from now, 0 when it is gone. */
  keepAlive(id: LeaseId): number {
    const lease = this.#leases.get(id);
    if (lease === undefined) return 0;
    lease.expiresAt = this.#scheduler.now + lease.ttlMs;
    return Math.round((lease.ttlMs * this.#rate) / 1000);
  }

  /** What a leader that is none any more answers: nothing has been extended. */
  staleKeepAlive(id: LeaseId): number {
    const lease = this.#leases.get(id);
    return lease === undefined ? 0 : Math.round((lease.ttlMs * this.#rate) / 1000);
  }

  /** @returns whether there was such a lease */
  end(id: LeaseId): boolean {
    return this.#leases.delete(id);
  }

  /** Another member leads. */
  promote(): void {
    for (const lease of this.#leases.values()) {
      lease.expiresAt = this.#scheduler.now + lease.ttlMs + PROMOTION_MS;
    }
  }

  /** As a snapshot brings them back. */
  restore(kvs: Iterable<KeyValue>, ttls: ReadonlyMap<LeaseId, number>): void {
    this.#leases = new Map();
    for (const [id, ttlMs] of ttls) {
      const lease = { ttlMs, expiresAt: this.#scheduler.now + ttlMs + PROMOTION_MS };
      this.#leases.set(id, lease);
      this.#lookLater(id, lease);
    }
    for (const { lease } of kvs) {
      if (lease !== '0' && !ttls.has(lease)) throw new Error(`key on an unknown lease ${lease}`);
    }
  }

  snapshot(): Map<LeaseId, number> {
    return new Map([...this.#leases].map(([id, { ttlMs }]) => [id, ttlMs]));
  }

  #lookLater(id: LeaseId, lease: Lease): void {
    const lateMs = this.#rng.next() * LOOK_EVERY_MS;
    this.#scheduler.after(lease.expiresAt - this.#scheduler.now + lateMs, () => {
      if (this.#leases.get(id) !== lease) return;
      if (this.#scheduler.now >= lease.expiresAt) this.#onExpired(id);
      // Alive, or etcd could not end it now.
      if (this.#leases.get(id) === lease) {
        if (lease.expiresAt <= this.#scheduler.now) lease.expiresAt = this.#scheduler.now + 1;
        this.#lookLater(id, lease);
      }
    });
  }
}
