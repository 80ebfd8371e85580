import type { Instant } from '../clock.ts';
import type { Reason } from '../events.ts';
import type { Token } from './record.ts';
import { StoreError } from './store.ts';

/** One group as the election needs it. */
export interface ElectionGroup {
  readonly name: string;
  /** Where its election stands when not at the usual place. */
  readonly electionKey?: string;
}

/** A confirmed beat that proved a token: it may be held until `deadline`, never after. */
export interface Proof {
  readonly token: Token;
  /** Read before the request was written. */
  readonly sentAt: Instant;
  readonly deadline: Instant;
}

/** One candidate of a group's queue, first the leader. */
export interface CandidateView {
  readonly node: string;
  readonly leaseId: string;
  readonly revision: number;
  /** Not one of ours: honours no promise, is never deposed. */
  readonly foreign: boolean;
  readonly mine: boolean;
  /** One of ours whose heartbeat is not overdue, as far as we have heard. */
  readonly alive: boolean;
}

/** The queue of a group and who holds it, as one read showed them. */
export interface QueueView {
  /** The leader first. */
  readonly queue: readonly CandidateView[];
  /** The node that the record names as holder; undefined when nobody holds. */
  readonly holder: string | undefined;
}

/** What the rest of the daemon hears of the election. All calls are synchronous and must not throw. */
export interface ElectionListener {
  /** The queue of the group as last read, and who holds it. */
  onQueue(group: string, view: QueueView): void;
  /** A taking was confirmed: the addresses may be assigned until the proof's deadline. */
  onTaken(group: string, proof: Proof, resumed: boolean): void;
  /** A beat proved the token again. */
  onProved(group: string, proof: Proof): void;
  /** Unless something is heard until then, the group may be taken: somebody was silent for long. */
  onDue(group: string, at: Instant): void;
  /** This node may not stand for any election for now (a name taken twice); undefined: it may again. */
  onBarred(bar: { reason: Reason; detail: string } | undefined): void;
  /** The token is gone, or must not be used any more: withdraw now. */
  onLost(group: string, token: Token, reason: Reason, detail: string): void;
}

/** What a controller asks of the election. */
export interface ElectionControl {
  /** Whether this node should stand in the group's queue. */
  setCandidate(group: string, wanted: boolean): void;
  /** The kernel confirmed that the group's addresses are off every link: the token is not claimed any more. */
  withdrawn(group: string): void;
  /**
   * Gives the token up for good, after `withdrawn`: burns it in the state file, then one transaction
   * deletes the key and writes `released`. Resolves when etcd answered or the attempt was given up;
   * what remains is repeated in the background.
   * @param heir lease ID of the candidate that is to be next: those of ours ahead of it lose their turn
   *   in the same transaction. Where it or they have changed meanwhile, the queue's own order counts.
   */
  release(group: string, reason: Reason, heir?: string): Promise<void>;
}

/** A token that the state file says may still be ours. */
export interface RememberedToken {
  readonly group: string;
  readonly token: Token;
}

/** What survives a restart of the daemon on the same boot (design §4, protocol.md rules 4, 14, 15, 16). */
export interface Memory {
  /** Random identity of this node. */
  readonly identity: string;
  readonly bootId: string;
  /** Last sequence sent. */
  seq: number;
  /** Until when anything was promised, confirmed or not. */
  promisedEnd: Instant;
  /** Until when a right of ours was proved when this was written: an earlier life's hold ends by then. */
  provedEnd: Instant;
  leaseId: string | undefined;
  /** Tokens claimed and not burnt. */
  tokens: RememberedToken[];
  /** The last token of each group that was given up for good: its key may stand still. */
  burnt: RememberedToken[];
  clusterId: string | undefined;
  highestRevision: number;
  /** Take nothing before: etcd looked back in time (rule 16), or the past is unknown (rule 15). */
  quietUntil: Instant;
}

/** The state file cannot be written: a full or read-only runtime directory. */
export class JournalError extends Error {
  override name = 'JournalError';
}

/** What ends by itself or by a person's hand, and is tried again: etcd's trouble, or the state file's. */
export function isTrouble(error: unknown): boolean {
  return error instanceof StoreError || error instanceof JournalError;
}

/** Keeps the memory. */
export interface Journal {
  readonly memory: Memory;
  /** Writes the memory to the state file before it returns. @throws JournalError */
  save(): void;
}
