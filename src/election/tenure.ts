import { after, type Clock } from '../clock.ts';
import type { Emit, Reason } from '../events.ts';
import { prolong, type Claim } from './claim.ts';
import type { TakeDecision } from './decision.ts';
import { groundAfter } from './ground.ts';
import type { Heartbeat } from './heartbeat.ts';
import { NO_WAY, type Way } from './heir.ts';
import { endedRecord, heldRecord, sameToken, type HolderRecord, type Token } from './record.ts';
import type { Self } from './situation.ts';
import { isRefusal, StoreError, type Send, type TxnReply } from './store.ts';
import type { TokenBook } from './token-book.ts';
import type { Transactions } from './transactions.ts';
import type { ElectionGroup, ElectionListener, Journal, Proof } from './types.ts';
import type { GroupView } from './view.ts';

export interface TenureParts {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly transactions: Transactions;
  readonly heartbeat: Heartbeat;
  readonly listener: ElectionListener;
  readonly emit: Emit;
  readonly send: Send;
  /** Shortens a proof where something else than the beat bounds it too. */
  readonly capped: (proof: Proof) => Proof;
  /** Of the present timing. */
  readonly fenceLatencyMs: number;
}

/** Whose tenure it is. */
interface Subject {
  readonly group: ElectionGroup;
  /** Whether this node should stand for election. */
  readonly wanted: boolean;
  /** Not configured any more. */
  readonly leaving: boolean;
  /** One act at a time. */
  busy: boolean;
}

/** This node's hold of one group as etcd knows it, from its taking to its release. */
export class Tenure {
  readonly #parts: TenureParts;
  readonly #subject: Subject;
  readonly #tokens: TokenBook;
  /** What our taking wrote, and its claim once the addresses were withdrawn. */
  #record: HolderRecord | undefined;
  #withdrawn: Claim | undefined;

  constructor(parts: TenureParts, subject: Subject, tokens: TokenBook) {
    this.#parts = parts;
    this.#subject = subject;
    this.#tokens = tokens;
  }

  /** Takes the group (rule 9), or anew. Resolves to true when a new hold was confirmed. */
  async take(
    self: Self,
    { own, ahead, silent }: TakeDecision,
    view: GroupView,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { heartbeat, clock, transactions, listener, emit, send, fenceLatencyMs } = this.#parts;
    const { group } = this.#subject;
    const token = { key: own.key, createRevision: own.createRevision };
    // Held, and only the proof is to be founded anew: its right goes on meanwhile.
    const held = this.#tokens.claim === undefined ? undefined : this.#record;
    const named = view.record?.state === 'held' && sameToken(view.record.token, token);
    const before = named ? view.record : held;
    // A resume may say more than the record did, for this writes the record: whoever waits by what it
    // said compares its revision. By less than its profile needs a token could never be held.
    const usualMs = held?.ceilingMs ?? Math.max(before?.ceilingMs ?? 0, heartbeat.ceilingMs());
    // Another timing came while it is held: as with a resume.
    const ceilingMs = held === undefined ? usualMs : Math.max(usualMs, heartbeat.longestMs);
    // What the record says already; more only once it is confirmed to say so, for beats go on meanwhile.
    const listed = this.#tokens.list(token, held?.ceilingMs ?? ceilingMs);
    const beat = heartbeat.compose(self);
    const { ground } = heartbeat.key;
    const record = heldRecord(self, token, {
      seq: beat.seq,
      ceilingMs,
      fenceLatencyMs: Math.max(fenceLatencyMs, held?.fenceLatencyMs ?? 0),
      nowMs: clock.wallMs(),
      ...(before !== undefined && { sinceMs: before.sinceMs }),
    });
    const { recordRevision } = view;
    const taking = { group: group.name, record, recordRevision, ahead, silent };
    const txn = transactions.take(beat, self.lease, ground, taking);
    let reply: TxnReply;
    try {
      reply = await send(txn, signal);
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
      heartbeat.key.judge(self, reply, [], ground);
      return false;
    }
    const { revision } = reply.header;
    const left = groundAfter(ground, self.lease, revision);
    heartbeat.confirmed(beat, left, clock.now());
    let renewed = held !== undefined;
    if (this.#tokens.listed !== listed) {
      // Withdrawn while the answer was under way: a beat without the token may have been sent since, and
      // be believed. The next read shows the record as our own, to be taken once more. Where it is not
      // wanted any more it holds nothing either way, and is told to be released; of a group that left there
      // is nobody to be told: its key goes, and with the next beat others see that it is not claimed.
      if (this.#subject.wanted || this.#subject.leaving) return false;
      this.#tokens.relist(listed);
      renewed = false;
    }
    listed.uncertain = false;
    listed.recordRevision = revision;
    listed.ceilingMs = ceilingMs;
    listed.takenOn = left.created;
    listed.intactAt = revision;
    listed.exactSentAt = beat.sentAt;
    this.#record = record;
    this.#withdrawn = undefined;
    // What was promised before may last longer; held is no more than the record says of this token [H5].
    const deadline = after(beat.sentAt, Math.min(beat.holdForMs, ceilingMs));
    prolong(listed, this.#parts.journal.memory, deadline, beat.everyMs);
    const proof = this.#parts.capped({ token, sentAt: beat.sentAt, deadline });
    if (!renewed) listener.onTaken(group.name, proof, this.#tokens.resumes(token));
    else {
      listener.onProved(group.name, proof);
      if (ceilingMs === held?.ceilingMs) emit({ type: 'claim-renewed', group: group.name });
    }
    return held === undefined && !named;
  }

  /** @param named the record names it all the same: it was taken before, and may be again */
  #notTaken(token: Token, named: boolean): void {
    if (named) this.#tokens.unlist();
    else this.#tokens.drop(token);
  }

  /** The kernel confirmed that the addresses are off: beats do not list the token any more. */
  withdraw(): void {
    this.#withdrawn = this.#tokens.claim ?? this.#withdrawn;
    this.#tokens.unlist();
  }

  /**
   * Ends our hold in one transaction (rule 13). The addresses are off and the token is burnt before.
   * @param way what else goes with it, as it was last read
   * @returns false when etcd refused or did not answer: the key is then deleted by and by
   */
  async release(self: Self, reason: Reason, way: Way, signal: AbortSignal): Promise<boolean> {
    const claim = this.#withdrawn;
    const record = this.#record;
    const { clock, transactions, emit, send } = this.#parts;
    this.#withdrawn = undefined;
    if (claim === undefined || record === undefined) return false;
    try {
      this.#burn(claim.token);
    } catch (error) {
      // Burnt here but not for a daemon that starts after us: without `released` nobody takes early,
      // and the key goes by and by (rule 13 [H6]).
      emit({ type: 'state-unwritable', err: error });
      return false;
    }
    const nowMs = clock.wallMs();
    const released = endedRecord(record, { state: 'released', reason, by: self.node, nowMs });
    // The burnt key must not be deleted beside this: its release would then be refused.
    this.#subject.busy = true;
    try {
      const reply = await send(transactions.release(claim, released, way), signal);
      const plain = way.candidates.length === 0 && way.heir === undefined;
      if (reply.succeeded || plain) return reply.succeeded;
      // One thought dead is gone or new, or lives: leave them to the next deposer. Or the heir is gone.
      const again = await send(transactions.release(claim, released, NO_WAY), signal);
      return again.succeeded;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    } finally {
      this.#subject.busy = false;
    }
  }

  /** It is never claimed again, not even after a restart (rule 13 [H6]). @throws JournalError */
  #burn(token: Token): void {
    this.#tokens.burn(token);
    this.#parts.journal.save();
  }
}
