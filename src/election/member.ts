import { after, type Clock, type Instant } from '../clock.ts';
import type { Emit, Reason } from '../events.ts';
import { deadCandidates, type Deposing } from './deposing.ts';
import { standingOf, type Claim, type Listed } from './claim.ts';
import type { TakeDecision } from './decision.ts';
import type { Heartbeat } from './heartbeat.ts';
import { groundAfter } from './ground.ts';
import {
  foreignRecord,
  heldRecord,
  sameToken,
  unknownRecord,
  type HolderRecord,
  type Token,
} from './record.ts';
import type { Self, Situation } from './situation.ts';
import { Stamps } from './stamps.ts';
import { isRefusal, StoreError, type Store, type TxnReply } from './store.ts';
import { TokenBook } from './token-book.ts';
import type { Transactions } from './transactions.ts';
import type { ElectionGroup, ElectionListener, Journal, Proof } from './types.ts';
import type { Candidate, GroupView } from './view.ts';

export interface MemberParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly transactions: Transactions;
  readonly heartbeat: Heartbeat;
  readonly listener: ElectionListener;
  readonly emit: Emit;
  /** Shortens a proof where something else than the beat bounds it too. */
  readonly capped: (proof: Proof) => Proof;
  readonly requestDeadlineMs: number;
  readonly fenceLatencyMs: number;
  /** The election stands outside our prefix, where others may lead. */
  readonly foreignElection: boolean;
}

/** This node's standing in one group's election, and the transactions that change it. */
export class Member {
  readonly group: ElectionGroup;
  readonly stamps = new Stamps();
  /** Whether this node should stand for election. */
  wanted = false;
  /** One act at a time. */
  busy = false;
  /** Acts that etcd refused in a row: the next one waits longer. */
  refusals = 0;
  /** No act before. */
  retryAt = 0 as Instant;
  /** The token is lost; the addresses are on their way off the link. */
  ending = false;
  readonly #parts: MemberParts;
  readonly #tokens: TokenBook;
  /** What our taking wrote, and its claim once the addresses were withdrawn. */
  #record: HolderRecord | undefined;
  #withdrawn: Claim | undefined;

  constructor(parts: MemberParts, group: ElectionGroup) {
    this.#parts = parts;
    this.group = group;
    const { clock, journal, heartbeat, foreignElection } = parts;
    this.#tokens = new TokenBook(group.name, {
      clock,
      journal,
      listed: heartbeat.listed,
      alwaysExact: foreignElection,
    });
  }

  get listed(): Listed | undefined {
    return this.#tokens.listed;
  }

  isBurnt(token: Token): boolean {
    return this.#tokens.isBurnt(token);
  }

  /** A token of our earlier life on this boot: listed from the first beat on (rule 6). */
  remember(token: Token): void {
    this.#tokens.remember(token);
  }

  /** The token must not be used any more; beats list it until the addresses are off (rule 6). */
  lose(reason: Reason, detail: string): void {
    const { listed } = this;
    if (listed === undefined || this.ending) return;
    listed.recordRevision = undefined;
    this.ending = true;
    this.#tokens.dismiss();
    this.#parts.listener.onLost(this.group.name, listed.token, reason, detail);
  }

  /**
   * Loses the token and burns it, and what was lost before: nothing that was seen or claimed until now
   * counts any more. The caller saves the journal.
   */
  forsake(reason: Reason, detail: string): void {
    this.stamps.clearAll();
    this.lose(reason, detail);
    this.#tokens.burnAll();
  }

  /** The kernel confirmed that the addresses are off. */
  withdrawn(): void {
    if (this.listed === undefined) return;
    this.#withdrawn = this.#tokens.claim ?? this.#withdrawn;
    this.#tokens.unlist();
    this.ending = false;
  }

  /** Burns what was withdrawn: it is never claimed again, not even after a restart (rule 13 [H6]). */
  burn(token: Token): void {
    this.#tokens.burn(token);
    this.#parts.journal.save();
  }

  /** What a complete read, as of `revision`, says of what we claim. */
  check(view: GroupView, revision: number): void {
    const { listed } = this;
    if (listed === undefined || this.busy) return;
    const { foreignElection } = this.#parts;
    listed.alwaysExact = foreignElection || view.queue.some(({ ours }) => !ours);
    const { token } = listed;
    const { record } = view;
    const standing = view.queue.find((each) => sameToken(each, token));
    const { claim } = this.#tokens;
    if (claim !== undefined) {
      // An older picture says nothing of this taking.
      if (revision < claim.recordRevision) return;
      const found = standingOf(claim, standing?.createRevision, view.recordRevision, record);
      if (found === 'anew') this.#parts.heartbeat.mustBeTakenAnew(this.group.name);
      else if (found !== 'stands') this.lose(found.reason, found.detail);
      return;
    }
    // A claim whose taking was never confirmed and that the record does not name holds nothing.
    const named = record?.state === 'held' && sameToken(record.token, token);
    // Not wanted any more, it would be listed for ever and keep everybody else away.
    if (standing !== undefined && this.wanted && (named || !listed.uncertain)) return;
    const detail = standing ? 'the record names another' : 'the candidate key is gone';
    this.lose('lease-lost', detail);
  }

  /** Beats prove our claim. */
  get proves(): boolean {
    const { listed } = this;
    return listed !== undefined && this.#parts.heartbeat.proves(listed);
  }

  /**
   * Our claim stands, but no beat proves it until it was taken anew. Only while its right lasts: then
   * nobody can have taken since, whoever does what to keys and records by hand.
   */
  get mustBeTakenAnew(): boolean {
    const { listed } = this;
    if (listed?.recordRevision === undefined || this.proves) return false;
    return this.#parts.clock.now() < listed.provedUntil;
  }

  /** Takes the group (rule 9), or anew. Resolves to true when a new hold was confirmed. */
  async take(
    self: Self,
    { own, ahead, silent }: TakeDecision,
    view: GroupView,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { heartbeat, clock, transactions, listener, emit, fenceLatencyMs } = this.#parts;
    const token = { key: own.key, createRevision: own.createRevision };
    // Held, and only the proof is to be founded anew: its right goes on meanwhile.
    const held = this.#tokens.claim === undefined ? undefined : this.#record;
    const named = view.record?.state === 'held' && sameToken(view.record.token, token);
    const before = named ? view.record : held;
    const ceilingMs = before?.ceilingMs ?? heartbeat.ceilingMs();
    const listed = this.#tokens.list(token, ceilingMs);
    const beat = heartbeat.compose(self);
    const { ground } = heartbeat;
    const record = heldRecord(self, token, {
      seq: beat.seq,
      ceilingMs,
      fenceLatencyMs,
      nowMs: clock.wallMs(),
      ...(before !== undefined && { sinceMs: before.sinceMs }),
    });
    const { recordRevision } = view;
    const taking = { group: this.group.name, record, recordRevision, ahead, silent };
    const txn = transactions.take(beat, self.lease, ground, taking);
    let reply: TxnReply;
    try {
      reply = await this.#send(txn, signal);
    } catch (error) {
      // Only an answer tells that it was not applied.
      if (isRefusal(error)) {
        if (!listed.uncertain && held === undefined) this.#notTaken(token, named);
      } else listed.uncertain = true;
      throw error;
    }
    if (!reply.succeeded) {
      // Overtaken by a later beat of ours, or somebody was faster: nothing was taken. Unless an
      // earlier attempt may have been applied; then the next read tells.
      if (!listed.uncertain && held === undefined) this.#notTaken(token, named);
      // How our heartbeat key stands, for the next try; what else there is to find the next beat tells.
      heartbeat.judge(self, reply, [], ground);
      return false;
    }
    const { revision } = reply.header;
    const left = groundAfter(ground, self.lease, revision);
    heartbeat.confirmed(beat, left, clock.now());
    let renewed = held !== undefined;
    if (this.listed !== listed) {
      // Withdrawn while the answer was under way: a beat without the token may have been sent since, and
      // be believed. The next read shows the record as our own, to be taken once more. Where it is not
      // wanted any more it holds nothing either way, and is told to be released.
      if (this.wanted) return false;
      this.#tokens.relist(listed);
      renewed = false;
    }
    listed.uncertain = false;
    listed.recordRevision = revision;
    listed.takenOn = left.created;
    listed.intactAt = revision;
    listed.exactSentAt = beat.sentAt;
    this.#record = record;
    this.#withdrawn = undefined;
    // Resumed beats may promise more, never hold more, than the record says of this token [H5].
    const deadline = after(beat.sentAt, Math.min(beat.holdForMs, ceilingMs));
    if (deadline > listed.provedUntil) listed.provedUntil = deadline;
    const proof = this.#parts.capped({ token, sentAt: beat.sentAt, deadline });
    const { name } = this.group;
    if (!renewed) listener.onTaken(name, proof, this.#tokens.resumes(token));
    else {
      listener.onProved(name, proof);
      emit({ type: 'claim-renewed', group: name });
    }
    return held === undefined && !named;
  }

  /** @param named the record names it all the same: it was taken before, and may be again */
  #notTaken(token: Token, named: boolean): void {
    if (named) this.#tokens.unlist();
    else this.#tokens.drop(token);
  }

  #send(txn: Parameters<Store['txn']>[0], signal: AbortSignal): Promise<TxnReply> {
    return this.#parts.store.txn(txn, { deadlineMs: this.#parts.requestDeadlineMs, signal });
  }

  async depose(self: Self, what: Deposing, view: GroupView, signal: AbortSignal): Promise<boolean> {
    const deposed =
      what.endsHold && view.record !== undefined
        ? this.#ended(view.record, 'deposed', 'deposed', self)
        : undefined;
    const { transactions } = this.#parts;
    const txn = transactions.depose(this.group.name, what, view.recordRevision, deposed);
    return (await this.#send(txn, signal)).succeeded;
  }

  #ended(
    record: HolderRecord,
    state: 'released' | 'deposed',
    reason: Reason,
    self: Self,
  ): HolderRecord {
    return { ...record, state, reason, by: self.node, changedMs: this.#parts.clock.wallMs() };
  }

  /**
   * Ends our hold in one transaction (rule 13). The addresses are off and the token is burnt before.
   * @returns false when etcd refused or did not answer: the key is then deleted by and by
   */
  async release(
    self: Self,
    reason: Reason,
    situation: Situation | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const claim = this.#withdrawn;
    const record = this.#record;
    this.#withdrawn = undefined;
    if (claim === undefined || record === undefined) return false;
    try {
      this.burn(claim.token);
    } catch (error) {
      // Burnt here but not for a daemon that starts after us: without `released` nobody takes early,
      // and the key goes by and by (rule 13 [H6]).
      this.#parts.emit({ type: 'state-unwritable', err: error });
      return false;
    }
    const released = this.#ended(record, 'released', reason, self);
    const dead = situation === undefined ? [] : deadCandidates(situation, 1);
    const { transactions } = this.#parts;
    // The burnt key must not be deleted beside this: its release would then be refused.
    this.busy = true;
    try {
      const reply = await this.#send(transactions.release(claim, released, dead), signal);
      if (reply.succeeded || dead.length === 0) return reply.succeeded;
      // One thought dead is gone or new: leave them to the next deposer.
      const again = await this.#send(transactions.release(claim, released, []), signal);
      return again.succeeded;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    } finally {
      this.busy = false;
    }
  }

  /** @returns false when etcd refused: the key is another, or gone */
  async dequeue(own: Candidate, signal: AbortSignal): Promise<boolean> {
    return (await this.#send(this.#parts.transactions.dequeue(own), signal)).succeeded;
  }

  /** @returns false when etcd refused: the record has changed, or the leader */
  async markForeign(
    self: Self,
    leader: Candidate,
    view: GroupView,
    signal: AbortSignal,
  ): Promise<boolean> {
    const nowMs = this.#parts.clock.wallMs();
    const record = foreignRecord(leader, leader.node, self.node, nowMs);
    const { transactions } = this.#parts;
    const txn = transactions.markForeign(this.group.name, leader, view.recordRevision, record);
    return (await this.#send(txn, signal)).succeeded;
  }

  /** @returns false when etcd refused: there is a record by now */
  async markUnknown(self: Self, own: Token, signal: AbortSignal): Promise<boolean> {
    const record = unknownRecord(own, self.node, this.#parts.clock.wallMs());
    const { transactions } = this.#parts;
    const txn = transactions.markUnknown(this.group.name, own, record);
    return (await this.#send(txn, signal)).succeeded;
  }
}
