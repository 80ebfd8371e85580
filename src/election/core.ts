import type { Clock, Instant } from '../clock.ts';
import type { Emit } from '../events.ts';
import { GuardedStore } from './guarded-store.ts';
import { Heartbeat } from './heartbeat.ts';
import { Keys } from './keys.ts';
import { Lease } from './lease.ts';
import { Member } from './member.ts';
import { Reader } from './reader.ts';
import type { LeaseId, Store } from './store.ts';
import type { Terms } from './terms.ts';
import { Transactions } from './transactions.ts';
import type { ElectionGroup, ElectionListener, Journal, Proof } from './types.ts';
import { View } from './view.ts';
import { Wakeup } from './wakeup.ts';

/** Timing that the election needs, in milliseconds (config/timing.ts has the profiles). */
export interface ElectionTiming extends Terms {
  /** Where the terms above are the longest of those that are used: the shortest. */
  readonly shortest?: Terms;
  readonly graceMs: number;
  readonly takeoverAfterMs: number;
  readonly leaseTtlMs: number;
}

export interface ElectionOptions {
  readonly node: string;
  /** Root of all keys, without a slash at the end. */
  readonly prefix: string;
  readonly groups: readonly ElectionGroup[];
  readonly timing: ElectionTiming;
  /** JSON of the node's facts, written when a session begins and when they have changed. */
  readonly facts: () => string;
  /** For tests and the simulator. */
  readonly newLeaseId?: () => LeaseId;
  /** For the simulator, whose schedules are short: see `HeartbeatTiming`. */
  readonly calmMs?: number | undefined;
}

export interface ElectionParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly emit: Emit;
  readonly listener: ElectionListener;
  /**
   * Asked when etcd has answered, before each session begins. What it throws ends the daemon, but for
   * trouble with etcd: that is tried again.
   */
  readonly admit?: (signal: AbortSignal) => Promise<void>;
}

/** A node that holds and leads nothing beats this often: a few seconds (protocol.md rule 7). */
const IDLE_BEAT_EVERY_MS = 3000;

/** The parts of one node's election, put together. They outlive sessions. */
export class ElectionCore {
  options: ElectionOptions;
  readonly parts: ElectionParts;
  readonly keys: Keys;
  readonly store: GuardedStore;
  readonly view: View;
  readonly reader: Reader;
  readonly heartbeat: Heartbeat;
  readonly lease: Lease;
  readonly transactions: Transactions;
  readonly members = new Map<string, Member>();
  /** Rung when something may have changed: read and decide. */
  readonly look = new Wakeup();
  /** Rung when the node has something new to say of itself. */
  readonly factsChanged = new Wakeup();
  /** Rung when a beat is due at once. */
  readonly beatNow = new Wakeup();
  /** Set when etcd looked back in time, until a session has dealt with it. */
  regression: string | undefined;
  /** When the control loop last turned. */
  lastTurnAt: Instant;

  constructor(parts: ElectionParts, options: ElectionOptions) {
    const { clock, journal, emit, listener } = parts;
    const { timing } = options;
    this.options = options;
    this.parts = parts;
    this.keys = new Keys(options.prefix);
    this.lastTurnAt = clock.now();
    this.store = new GuardedStore(parts.store, journal.memory, (detail) => {
      this.regression = detail;
      this.look.ring();
    });
    this.transactions = new Transactions(this.keys, options.node);
    this.view = new View(this.keys, options.groups);
    this.reader = new Reader(this.store, clock, this.view, timing.requestDeadlineMs);
    this.lease = new Lease(
      { store: this.store, clock, journal, emit },
      {
        ttlMs: timing.leaseTtlMs,
        deadlineMs: timing.requestDeadlineMs,
        ...(options.newLeaseId === undefined ? {} : { newId: options.newLeaseId }),
      },
    );
    this.heartbeat = new Heartbeat(
      {
        store: this.store,
        clock,
        journal,
        transactions: this.transactions,
        emit,
        onProved: (group, proof) => listener.onProved(group, this.#capped(group, proof)),
        onRecovered: () => this.#retry(),
      },
      { ...timing, idleEveryMs: IDLE_BEAT_EVERY_MS, calmMs: options.calmMs },
    );
    for (const group of options.groups) this.members.set(group.name, this.#member(group));
  }

  /** Everything goes by another timing from now on, but the lease: its TTL is what it was granted with. */
  retime(timing: ElectionTiming): void {
    this.options = { ...this.options, timing };
    const { requestDeadlineMs } = timing;
    this.reader.deadlineMs = requestDeadlineMs;
    this.lease.deadlineMs = requestDeadlineMs;
    this.heartbeat.retime(timing);
  }

  /** A group that is configured from now on. One that was leaving stays as it is. */
  addGroup(group: ElectionGroup): void {
    const known = this.members.get(group.name);
    if (known !== undefined) {
      known.leaving = false;
      return;
    }
    this.view.add(group);
    this.members.set(group.name, this.#member(group));
  }

  /**
   * Forgets the groups that left. Before a session only: an act of an earlier one may still be on its way,
   * and while a session lasts, what it leaves behind is deleted on sight, as of any group (rule 10).
   */
  forgetLeft(): void {
    for (const [name, member] of this.members) {
      if (!member.leaving || member.wanted) continue;
      this.members.delete(name);
      this.view.remove(name);
    }
  }

  /** etcd takes writes again: what it refused is tried at once. */
  #retry(): void {
    for (const member of this.members.values()) {
      member.refusals = 0;
      member.retryAt = this.parts.clock.now();
    }
    this.look.ring();
  }

  #member(group: ElectionGroup): Member {
    const { clock, journal, listener, emit } = this.parts;
    const timing = (): ElectionTiming => this.options.timing;
    const member = new Member(
      {
        clock,
        journal,
        transactions: this.transactions,
        heartbeat: this.heartbeat,
        listener,
        emit,
        send: (txn, signal) =>
          this.store.txn(txn, { deadlineMs: timing().requestDeadlineMs, signal }),
        capped: (proof) => this.#capped(group.name, proof),
        get fenceLatencyMs() {
          return timing().fenceLatencyMs;
        },
        foreignElection: this.keys.isForeignElection(group.electionKey),
      },
      group,
    );
    const remembered = journal.memory.tokens.find((each) => each.group === group.name);
    if (remembered !== undefined) member.remember(remembered.token);
    return member;
  }

  /**
   * In an election outside our prefix others go by the lease: there a hold ends with it, whatever a
   * beat promised (protocol.md rule 5 [H8]).
   */
  #capped(group: string, proof: Proof): Proof {
    const electionKey = this.members.get(group)?.group.electionKey;
    if (!this.keys.isForeignElection(electionKey)) return proof;
    const { goodUntil } = this.lease;
    return goodUntil < proof.deadline ? { ...proof, deadline: goodUntil } : proof;
  }
}
