import type { Instant } from '../clock.ts';
import type { Observations } from './observations.ts';
import { sameToken, type Token } from './record.ts';
import type { Stamps } from './stamps.ts';
import type { LeaseId } from './store.ts';
import type { Candidate, GroupView } from './view.ts';

/** This node, as the rules see it. */
export interface Self {
  readonly node: string;
  readonly identity: string;
  readonly bootId: string;
  /** The lease of this session. */
  readonly lease: LeaseId;
}

/** Everything that a decision about one group rests on: one read, our own clock, our own claims. */
export interface Situation {
  readonly group: string;
  /** The election stands outside our prefix, where others may lead. */
  readonly foreignElection: boolean;
  readonly self: Self;
  readonly view: GroupView;
  readonly observations: Observations;
  /** Whether we want to stand for election. */
  readonly wanted: boolean;
  /** The token that our beats list, proven or not. */
  readonly claimed: Token | undefined;
  /** A beat proved the claimed token, and nothing has been said against it since. */
  readonly holding: boolean;
  /** The claimed token stands and is ours, but no beat proves it until it was taken anew. */
  readonly anew: boolean;
  /** The claimed token is lost and the addresses are on their way off the link. */
  readonly ending: boolean;
  /** Given up for good: never to be claimed again. */
  readonly isBurnt: (token: Token) => boolean;
  /** When the reply that `view` comes from had arrived. */
  readonly readAt: Instant;
  readonly now: Instant;
  readonly stamps: Stamps;
  /** Since when our reads have been good; undefined during an outage (protocol.md rule 12). */
  readonly readsGoodSince: Instant | undefined;
  readonly requestDeadlineMs: number;
  /** Take nothing before (protocol.md rules 15 and 16; rule 5 [H8]). */
  readonly quarantineUntil: Instant;
}

/** Our own candidate key in the queue. */
export function ownCandidate({ view, self }: Situation): Candidate | undefined {
  return view.queue.find((candidate) => candidate.lease === self.lease);
}

/** A key of our name in the queue's place that somebody took off its lease, or put there. */
export function ownLeaseless({ view, self }: Situation): Token | undefined {
  return view.leaseless.find(({ key }) => key.endsWith(`/${self.lease}`));
}

/** The record says `held` by this token. */
export function isNamedHolder({ view }: Situation, token: Token): boolean {
  return view.record?.state === 'held' && sameToken(view.record.token, token);
}

/** There is no holder record, not even an unreadable one. */
export function isRecordless({ recordRevision }: GroupView): boolean {
  return recordRevision === 0;
}

/** The candidate that the record names as holder, if its key still stands. */
export function standingHolder(situation: Situation): Candidate | undefined {
  return situation.view.queue.find((candidate) => isNamedHolder(situation, candidate));
}
