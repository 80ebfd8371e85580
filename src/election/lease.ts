import { randomBytes } from 'node:crypto';
import { after, type Clock, type Instant } from '../clock.ts';
import type { Emit } from '../events.ts';
import { newLeaseId } from './keys.ts';
import { RHO } from './promise.ts';
import { StoreError, type LeaseId, type Store } from './store.ts';
import type { Journal } from './types.ts';
import { Wakeup } from './wakeup.ts';

/** A keep-alive this often in each TTL: two may be lost. */
const KEEP_ALIVES_PER_TTL = 3;
/** After a failed keep-alive. */
const RETRY_MS = 500;

/** An isolated etcd leader acknowledges a little longer than it should (reliability.md §2.4). */
const LEASE_MARGIN_MS = 250;

interface LeaseParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly emit: Emit;
}

/**
 * The node's one lease. It cleans up after a dead node and is what foreign candidates wait for; it
 * is not the right to hold, so its keep-alives prove nothing.
 */
export class Lease {
  readonly #parts: LeaseParts;
  readonly #ttlMs: number;
  /** Of one request, in milliseconds. */
  deadlineMs: number;
  readonly #newId: () => LeaseId;
  /** When the last confirmed keep-alive or grant had been sent. */
  #aliveSentAt: Instant | undefined;
  readonly #due = new Wakeup();

  constructor(
    parts: LeaseParts,
    options: { ttlMs: number; deadlineMs: number; newId?: () => LeaseId },
  ) {
    this.#parts = parts;
    this.#ttlMs = options.ttlMs;
    this.deadlineMs = options.deadlineMs;
    this.#newId = options.newId ?? (() => newLeaseId(randomBytes(8).readBigUInt64BE()));
  }

  /**
   * Until when the lease stands for certain by our own clock, whatever the server's does: counted
   * from before the last confirmed keep-alive was sent (protocol.md rule 5 [H8]).
   */
  get goodUntil(): Instant {
    if (this.#aliveSentAt === undefined) return 0 as Instant;
    return after(this.#aliveSentAt, this.#ttlMs * (1 - 2 * RHO) - LEASE_MARGIN_MS);
  }

  /**
   * The lease to work with: the remembered one if etcd still has it (its keys stand, so a restart
   * resumes), else a new one. Its ID is in the state file before etcd knows it.
   * @throws StoreError
   */
  async open(signal: AbortSignal): Promise<LeaseId> {
    const { store, clock, journal, emit } = this.#parts;
    const { memory } = journal;
    const options = { deadlineMs: this.deadlineMs, signal };
    const remembered = memory.leaseId;
    if (remembered !== undefined) {
      const sentAt = clock.now();
      if ((await store.keepAlive(remembered, options)) > 0) {
        this.#aliveSentAt = sentAt;
        return remembered;
      }
      emit({ type: 'lease-gone', leaseId: remembered });
    }
    const id = this.#newId();
    memory.leaseId = id;
    journal.save();
    const sentAt = clock.now();
    await store.grantLease(id, Math.ceil(this.#ttlMs / 1000), options);
    this.#aliveSentAt = sentAt;
    emit({ type: 'lease-granted', leaseId: id });
    return id;
  }

  /**
   * Keeps it alive at once: what is begun now should not end with a lease that has run out nearly, for
   * a paused machine does not know how long ago its last keep-alive was.
   */
  refresh(): void {
    this.#due.ring();
  }

  /** Keeps the lease alive until the signal aborts; resolves early when etcd says it is gone. */
  async keep(id: LeaseId, signal: AbortSignal): Promise<void> {
    const { store, clock, journal, emit } = this.#parts;
    let waitMs = this.#ttlMs / KEEP_ALIVES_PER_TTL;
    for (;;) {
      await this.#due.wait(clock, waitMs, signal);
      const sentAt = clock.now();
      try {
        const ttl = await store.keepAlive(id, { deadlineMs: this.deadlineMs, signal });
        if (ttl === 0) {
          if (journal.memory.leaseId === id) journal.memory.leaseId = undefined;
          emit({ type: 'lease-gone', leaseId: id });
          return;
        }
        this.#aliveSentAt = sentAt;
        waitMs = this.#ttlMs / KEEP_ALIVES_PER_TTL;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        // The store reported it; the lease outlives several of these.
        waitMs = RETRY_MS;
      }
    }
  }

  /** Gives the lease back, and with it every key on it. @throws StoreError */
  async revoke(id: LeaseId, deadlineMs: number, signal: AbortSignal): Promise<void> {
    await this.#parts.store.revokeLease(id, { deadlineMs, signal });
    const { journal } = this.#parts;
    if (journal.memory.leaseId === id) journal.memory.leaseId = undefined;
    journal.save();
  }
}
