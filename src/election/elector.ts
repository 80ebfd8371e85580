import type { Instant } from '../clock.ts';
import { describe } from '../errors.ts';
import type { Reason } from '../events.ts';
import { Aftermath } from './aftermath.ts';
import {
  ElectionCore,
  type ElectionOptions,
  type ElectionParts,
  type ElectionTiming,
} from './core.ts';
import { FactsReading } from './facts-reading.ts';
import { wayOfRelease } from './heir.ts';
import { readFacts, type FactsByNode } from './node-facts.ts';
import { Session, type SessionEnd } from './session.ts';
import { situationOf } from './situating.ts';
import type { Self } from './situation.ts';
import { StoreError } from './store.ts';
import { releaseStrays } from './strays.ts';
import { isTrouble, JournalError, type ElectionControl, type ElectionGroup } from './types.ts';

/** Between tries to begin a session: patient, never giving up; doubled up to the second, with jitter. */
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 400;
/** A name taken by another node is looked at again this often. */
const NAME_RETRY_MS = 1000;

/** From a release to the next look. */
const LOOK_AFTER_RELEASE_MS = 25;

/** For calls on the way out: their deadline alone bounds them. */
const NEVER_ABORTED = new AbortController().signal;

/** Another node beats under our name. */
class NameTakenError extends Error {
  override name = 'NameTakenError';
}

/**
 * One node's part in the elections of its groups, for as long as the daemon runs: sessions follow
 * one another whenever a lease is lost, the name is taken, or etcd looks back in time.
 */
export class Elector implements ElectionControl {
  readonly #core: ElectionCore;
  readonly #aftermath: Aftermath;
  readonly #facts: FactsReading;
  readonly #random: () => number;
  #session: Session | undefined;

  constructor(parts: ElectionParts, options: ElectionOptions, random: () => number = Math.random) {
    this.#core = new ElectionCore(parts, options);
    this.#aftermath = new Aftermath(this.#core);
    this.#facts = new FactsReading(() => this.#readFacts());
    this.#random = random;
  }

  #readFacts(): Promise<FactsByNode> {
    const { store, keys, options } = this.#core;
    const deadlineMs = options.timing.requestDeadlineMs;
    return readFacts(store, keys, { deadlineMs, signal: NEVER_ABORTED });
  }

  /** When the control loop last turned: what /healthz goes by. */
  get lastTurnAt(): Instant {
    return this.#core.lastTurnAt;
  }

  /** Runs until the signal aborts. Never gives up on etcd. */
  async run(signal: AbortSignal): Promise<void> {
    const { parts } = this.#core;
    let retryMs = RETRY_MIN_MS;
    while (!signal.aborted) {
      let end: SessionEnd | undefined;
      try {
        end = await this.#runSession(signal);
        retryMs = RETRY_MIN_MS;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof NameTakenError) end = { kind: 'name-taken', detail: error.message };
        else if (!isTrouble(error)) throw error;
        if (error instanceof JournalError) parts.emit({ type: 'state-unwritable', err: error });
      }
      if (signal.aborted) return;
      // Whatever else ended the session: a restore takes leases and names away, too (rule 16).
      const { regression } = this.#core;
      if (regression !== undefined) end = { kind: 'regressed', detail: regression };
      if (end !== undefined) this.#aftermath.follow(end);
      const waitMs = end?.kind === 'name-taken' ? NAME_RETRY_MS : retryMs * (0.5 + this.#random());
      this.#core.lastTurnAt = parts.clock.now();
      try {
        await parts.clock.sleep(waitMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
    }
  }

  async #runSession(signal: AbortSignal): Promise<SessionEnd | undefined> {
    const { reader, view, parts, options, lease, heartbeat, keys } = this.#core;
    const { identity, bootId } = parts.journal.memory;
    await this.#aftermath.giveBackLease(signal);
    if (!(await reader.read(signal))) {
      if (signal.aborted) return undefined;
      throw new StoreError('UNAVAILABLE', '', 'etcd does not answer a linearizable read');
    }
    await parts.admit?.(signal);
    // Our own writing may stand there from an earlier lease; anybody else's means the name is taken.
    const standing = view.observations.ofNode(options.node);
    const beat = standing?.beat;
    const ownWriting = beat?.identity === identity && beat.bootId === bootId;
    if (standing?.present === true && !ownWriting) {
      const who = beat === undefined ? 'something else' : `another node (${beat.identity})`;
      throw new NameTakenError(`${keys.node(options.node)} is written by ${who}`);
    }
    const id = await lease.open(signal);
    if (standing?.present !== true) heartbeat.key.ground = { kind: 'absent' };
    else {
      const { lease: from, created, revision } = standing;
      if (from === id) heartbeat.key.standsAt({ kind: 'own', lease: id, created, revision });
      else heartbeat.key.ground = { kind: 'earlier', lease: from, created };
    }
    this.#aftermath.nameIsOurs();
    const self: Self = { node: options.node, identity, bootId, lease: id };
    this.#core.forgetLeft();
    const strays = view.strays(id);
    const deadlineMs = options.timing.requestDeadlineMs;
    await releaseStrays(this.#core, strays, {
      deadlineMs,
      signal,
    });
    const session = new Session(this.#core, self);
    this.#session = session;
    try {
      return await session.run(signal);
    } finally {
      this.#session = undefined;
    }
  }

  /** Goes by another timing from now on; the TTL of a lease that stands stays. What is held stays held. */
  retime(timing: ElectionTiming): void {
    const { look, beatNow } = this.#core;
    this.#core.retime(timing);
    look.ring();
    beatNow.ring();
  }

  setCandidate(group: string, wanted: boolean): void {
    const member = this.#core.members.get(group);
    if (member === undefined || member.wanted === wanted) return;
    member.wanted = wanted;
    this.#core.look.ring();
  }

  /** A group that is configured from now on, at the usual place. Who wants it says so afterwards. */
  addGroup(group: ElectionGroup): void {
    this.#core.addGroup(group);
    this.#core.look.ring();
  }

  /** A group that is configured no more: withdrawn and released before. What is left of it goes by and by. */
  removeGroup(name: string): void {
    const member = this.#core.members.get(name);
    if (member === undefined) return;
    member.wanted = false;
    member.leaving = true;
    this.#core.look.ring();
  }

  withdrawn(group: string): void {
    const { members, look, beatNow } = this.#core;
    const member = members.get(group);
    member?.withdrawn();
    queueMicrotask(() => {
      // A release that follows at once says it all, and must not wait behind a beat and a read.
      if (member?.busy === true) return;
      // Others may take as soon as a beat does not list the token any more.
      beatNow.ring();
      look.ring();
    });
  }

  async release(group: string, reason: Reason, heir?: string): Promise<void> {
    const { members, look, parts } = this.#core;
    const member = members.get(group);
    const session = this.#session;
    if (member === undefined || session === undefined) return;
    const released = await member.tenure.release(
      session.self,
      reason,
      wayOfRelease(situationOf(this.#core, session.self, member), heir),
      NEVER_ABORTED,
    );
    // After a release the successor comes first; what is left to do here has time.
    if (released) parts.clock.timer(LOOK_AFTER_RELEASE_MS, () => look.ring());
    else look.ring();
  }

  /** Has etcd read at once; what it shows is told to the listener. */
  lookNow(): void {
    this.#core.look.ring();
  }

  /** What we say of ourselves has changed. */
  factsChanged(): void {
    this.#core.factsChanged.ring();
  }

  /** What all nodes say of themselves. @throws StoreError */
  facts(signal: AbortSignal): Promise<FactsByNode> {
    return this.#facts.ask(signal);
  }

  /**
   * Gives the lease back, after `run` has ended and everything was withdrawn and released. Resolves
   * when etcd answered or the deadline passed: what remains goes with the lease's TTL. So does everything
   * while an address could not be withdrawn in an election where our key is all that others wait for: the
   * lease outlives our right.
   */
  async retire(deadlineMs: number): Promise<void> {
    const { lease, parts, members } = this.#core;
    const { leaseId } = parts.journal.memory;
    if (leaseId === undefined) return;
    if ([...members.values()].some(({ mustOutlive }) => mustOutlive)) return;
    try {
      await lease.revoke(leaseId, deadlineMs, NEVER_ABORTED);
    } catch (error) {
      // Its keys are gone; that the state file cannot say so harms nobody.
      if (!isTrouble(error)) throw new Error(describe(error), { cause: error });
    }
  }
}
