import { after, elapsedMs, type Clock, type Instant } from '../clock.ts';
import type { Emit } from '../events.ts';
import { Adaptation } from './adaptation.ts';
import { encodeBeat, tokenMark } from './beat.ts';
import { isCurrent, prolong, type Claim, type Listed } from './claim.ts';
import { NOTHING, together, type BeatFinding } from './finding.ts';
import { groundAfter, type BeatGround, type OwnGround } from './ground.ts';
import { HeartbeatKey } from './heartbeat-key.ts';
import { Pace } from './pace.ts';
import { proving, provingExactly, rangedUntil, type Proving } from './proving.ts';
import type { Self } from './situation.ts';
import { StoreError, type Store, type TxnReply } from './store.ts';
import type { Terms } from './terms.ts';
import type { OutgoingBeat, Transactions } from './transactions.ts';
import type { Journal, Proof } from './types.ts';

/** A beat as composed: what it promises, and from when that counts. */
export interface ComposedBeat extends OutgoingBeat {
  /** Read before the request is written. */
  readonly sentAt: Instant;
  readonly holdForMs: number;
  /** How often beats are to be sent once this one is confirmed, in milliseconds. */
  readonly everyMs: number;
}

export interface HeartbeatTiming extends Terms {
  /** Where terms may become shorter than these: the shortest. */
  readonly shortest?: Terms | undefined;
  /** How often a node beats that holds and leads nothing, in milliseconds. */
  readonly idleEveryMs: number;
  /** After so long without need the terms go down by one step, in milliseconds; undefined: the usual. */
  readonly calmMs?: number | undefined;
}

interface HeartbeatParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly transactions: Transactions;
  readonly emit: Emit;
  readonly onProved: (group: string, proof: Proof) => void;
  /** The first beat was confirmed after some that were not. */
  readonly onRecovered: () => void;
}

/**
 * Composes and sends the beats of one node. A beat is counted from before it was sent; what it
 * promises never ends earlier than what was promised before, and is in the state file first (rule 4).
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  #longest: Terms;
  #adaptation: Adaptation;
  readonly #calmMs: number | undefined;
  /** The longest terms of before, until every listed token may promise what the timing now asks for. */
  #before: Terms | undefined;
  /** Tokens that every beat lists, by group. */
  readonly listed = new Map<string, Listed>();
  readonly key = new HeartbeatKey(this.listed);
  readonly pace: Pace;
  /** A ranged proof failed: until exact ones succeed, nothing else is asked. */
  #suspicious = false;
  /** The last beat was refused or not answered. */
  #failing = false;
  /** When the newest confirmed beat had been sent. */
  lastConfirmedSentAt: Instant | undefined;

  constructor(parts: HeartbeatParts, timing: HeartbeatTiming) {
    this.#parts = parts;
    this.#longest = timing;
    const { idleEveryMs, shortest, calmMs } = timing;
    this.#calmMs = calmMs;
    this.#adaptation = new Adaptation(timing, shortest, parts.clock.now(), calmMs);
    this.pace = new Pace({
      briskEveryMs: () => this.#briskEveryMs(),
      idleEveryMs,
      lists: () => this.listed.size > 0,
    });
  }

  get #terms(): Terms {
    return this.#before ?? this.#adaptation.terms;
  }

  /** A right lasts for what proved it, so beats come no slower before each that runs is proved for longer. */
  #briskEveryMs(): number {
    const now = this.#parts.clock.now();
    const running = [...this.listed.values()].filter(({ provedUntil }) => now < provedUntil);
    const { heartbeatEveryMs } = this.#terms;
    return Math.min(heartbeatEveryMs, ...running.map(({ provedEveryMs }) => provedEveryMs));
  }

  /**
   * Promises by another timing from now on. What is promised ends no earlier for it. A longer promise than a
   * token's ceiling, which the record tells [H5], waits until that token was taken anew with a higher one.
   */
  retime(timing: Terms & Pick<HeartbeatTiming, 'shortest'>): void {
    const before = this.#before ?? this.#longest;
    this.#longest = timing;
    const { shortest } = timing;
    const now = this.#parts.clock.now();
    this.#adaptation = new Adaptation(timing, shortest, now, this.#calmMs);
    // Until the next beat, in any case: it is announced as things were.
    this.#before = before;
  }

  /** The longest promise of the present timing. */
  get longestMs(): number {
    return this.#longest.holdForMs;
  }

  /** May promise too little for the present timing: to be taken anew, and proved as before until it was. */
  isLow({ ceilingMs }: Pick<Listed, 'ceilingMs'>): boolean {
    return this.#before !== undefined && ceilingMs < this.longestMs;
  }

  /** Once no token is low the new terms count. @returns whether any is */
  #raise(): boolean {
    if (this.#before === undefined) return false;
    if ([...this.listed.values()].some((each) => this.isLow(each))) return true;
    this.#before = undefined;
    this.#tellTerms();
    return false;
  }

  /** What a token taken now may ever promise. */
  ceilingMs(): number {
    const { promisedEnd } = this.#parts.journal.memory;
    const open = Math.ceil(elapsedMs(this.#parts.clock.now(), promisedEnd));
    return Math.max(this.#longest.holdForMs, open);
  }

  /** The next beat; its promise is in the state file when this returns. @throws when that fails */
  compose(self: Self): ComposedBeat {
    const { clock, journal } = this.#parts;
    const { memory } = journal;
    const { holdForMs: wanted, heartbeatEveryMs, fenceLatencyMs, requestDeadlineMs } = this.#terms;
    const sentAt = clock.now();
    const ceilings = [...this.listed.values()].map((each) => each.ceilingMs);
    const open = Math.ceil(elapsedMs(sentAt, memory.promisedEnd));
    const holdForMs = Math.max(Math.min(wanted, ...ceilings), open);
    memory.seq += 1;
    memory.promisedEnd = after(sentAt, holdForMs);
    journal.save();
    const beatEveryMs = this.pace.announce();
    const value = encodeBeat({
      seq: memory.seq,
      identity: self.identity,
      bootId: self.bootId,
      lease: self.lease,
      holdForMs,
      fenceLatencyMs,
      beatEveryMs,
      nextBeatWithinMs: beatEveryMs + requestDeadlineMs,
      tokens: [...this.listed].map(([group, { token }]) => tokenMark(group, token.createRevision)),
    });
    return { seq: memory.seq, value, sentAt, holdForMs, everyMs: heartbeatEveryMs };
  }

  /**
   * Beats once (in several transactions where many claims must be compared themselves). Success
   * proves; a failed compare is a finding; a timeout or an error is unknown, so not proven: it is
   * reported and not thrown.
   */
  async beat(self: Self, signal: AbortSignal): Promise<BeatFinding> {
    // A taking that was under way when the timing changed has told the old ceiling.
    const low = this.#raise();
    // One for all portions: what is proved was taken on this very key.
    const { ground, created: on } = this.key;
    const exactly = this.#suspicious || ground.kind !== 'own';
    const portions = exactly
      ? provingExactly(this.listed, on)
      : proving(this.listed, on, this.#parts.clock.now(), this.#terms.holdForMs);
    const findings: BeatFinding[] = [];
    for (const portion of portions) {
      // A beat beside this one may have told of losses since this one began.
      const exact = portion.exact.filter((claim) => isCurrent(claim, this.listed));
      const finding = await this.#beatPortion(self, ground, { ...portion, exact }, signal);
      if (finding === undefined) break;
      findings.push(finding);
      // What is lost is told before anything else is asked, or a beat beside this one asks for it again.
      if (finding.lost.length > 0) break;
    }
    const proved =
      findings.length === portions.length && findings.every((each) => each === NOTHING);
    if (exactly && proved) this.#suspicious = false;
    return together(low ? [...findings, { ...NOTHING, anew: true }] : findings);
  }

  async #beatPortion(
    self: Self,
    ground: BeatGround,
    portion: Proving,
    signal: AbortSignal,
  ): Promise<BeatFinding | undefined> {
    const { store, clock, emit, transactions } = this.#parts;
    const deadlineMs = this.#terms.requestDeadlineMs;
    let beat: ComposedBeat;
    let reply: TxnReply;
    try {
      beat = this.compose(self);
      const txn = transactions.beat(beat, self.lease, ground, portion);
      reply = await store.txn(txn, { deadlineMs, signal });
    } catch (error) {
      if (signal.aborted) return undefined;
      this.#failing = true;
      if (this.#adaptation.failed(clock.now())) this.#tellTerms();
      emit({
        type: 'beat-failed',
        code: error instanceof StoreError ? error.code : 'STATE_FILE',
        err: error,
      });
      const leaseGone = error instanceof StoreError && error.code === 'NOT_FOUND';
      return leaseGone ? { ...NOTHING, leaseGone } : undefined;
    }
    if (!reply.succeeded) {
      if (portion.ranged.length === 0) return this.key.judge(self, reply, portion.exact, ground);
      this.#suspicious = true;
      return { ...NOTHING, again: true };
    }
    const { revision } = reply.header;
    this.confirmed(beat, groundAfter(ground, self.lease, revision), clock.now());
    for (const claim of portion.exact) this.#prove(claim, beat, revision, true);
    for (const claim of portion.ranged) this.#prove(claim, beat, revision, false);
    return NOTHING;
  }

  /** A beat of any kind (also a taking or an enqueueing) was confirmed, and left this ground. */
  confirmed(beat: ComposedBeat, ground: OwnGround, at: Instant): void {
    const last = this.lastConfirmedSentAt;
    this.key.standsAt(ground);
    const durationMs = elapsedMs(beat.sentAt, at);
    const { holdForMs } = beat;
    const holding = [...this.listed.values()].some((each) => each.recordRevision !== undefined);
    if (holding && last !== undefined) {
      const slackMs = elapsedMs(at, after(last, holdForMs));
      this.#parts.emit({ type: 'beat', durationMs, holdForMs, slackMs });
    } else {
      this.#parts.emit({ type: 'beat', durationMs, holdForMs });
    }
    if (last === undefined || beat.sentAt > last) this.lastConfirmedSentAt = beat.sentAt;
    if (this.#adaptation.confirmed(durationMs, at)) this.#tellTerms();
    if (!this.#failing) return;
    this.#failing = false;
    this.#parts.onRecovered();
  }

  #tellTerms(): void {
    const { holdForMs, heartbeatEveryMs } = this.#terms;
    this.#parts.emit({ type: 'terms-changed', holdForMs, heartbeatEveryMs });
  }

  /**
   * A confirmation never serves another token, nor one that is given up (rule 5 [A1]). A ranged one
   * prolongs a right that still runs, and revives none: once it had run out somebody may have taken,
   * and a record that was deleted since would not fail the range.
   */
  #prove(
    claim: Claim,
    { sentAt, holdForMs, everyMs }: ComposedBeat,
    revision: number,
    exact: boolean,
  ): void {
    const { group, token } = claim;
    const listed = isCurrent(claim, this.listed) ? this.listed.get(group) : undefined;
    if (listed === undefined) return;
    if (!exact && this.#parts.clock.now() >= listed.provedUntil) {
      this.#suspicious = true;
      return;
    }
    listed.intactAt = Math.max(listed.intactAt, revision);
    if (exact && sentAt > listed.exactSentAt) listed.exactSentAt = sentAt;
    const promised = after(sentAt, Math.min(holdForMs, listed.ceilingMs));
    const longest = rangedUntil(listed);
    const deadline = longest < promised ? longest : promised;
    prolong(listed, this.#parts.journal.memory, deadline, everyMs);
    this.#parts.onProved(group, { token, sentAt, deadline });
  }
}
