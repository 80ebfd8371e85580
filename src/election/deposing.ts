import { after, type Instant } from '../clock.ts';
import { shownAt, type Observation } from './observations.ts';
import { LONGEST_HOLD_FOR_MS, LONGEST_TAKEOVER_AFTER_MS, takeoverAfterMs } from './promise.ts';
import { claims, type Beat } from './beat.ts';
import type { HolderRecord } from './record.ts';
import { isNamedHolder, ownCandidate, type Situation } from './situation.ts';
import type { SilentKey } from './transactions.ts';
import type { Candidate } from './view.ts';

/** Beats are late now and then: a candidate is dead only after this many times what it announced. */
export const LATE_BEAT_FACTOR = 1.2;
/** A first key that the record does not name may be deposed after this (rule 10). */
export const UNNAMED_HEAD_WAIT_MS = Math.ceil(1.3 * LONGEST_TAKEOVER_AFTER_MS + 1000);

function takeoverAfterOf(beat: Beat): number {
  return takeoverAfterMs(beat.holdForMs, beat.fenceLatencyMs);
}

/** When a candidate that holds nothing counts as dead (rule 7 [A7]): never by a fast promise alone. */
function deadAt(seen: Observation): Instant {
  const { beat } = seen;
  if (beat === undefined) {
    // A protocol that we cannot read: the longest that anybody may announce and promise.
    return after(seen.firstSeenAt, UNNAMED_HEAD_WAIT_MS + LONGEST_HOLD_FOR_MS);
  }
  return after(seen.firstSeenAt, LATE_BEAT_FACTOR * beat.nextBeatWithinMs + takeoverAfterOf(beat));
}

/** What is to be compared and deleted in a deposing transaction. */
export interface Deposing {
  /** The leader first, then the dead of ours on the way to us. */
  readonly victims: readonly Candidate[];
  /** The heartbeat keys whose silence was seen: they must be as they were. */
  readonly silent: readonly SilentKey[];
  /** The record names the first victim as holder: write `deposed`. */
  readonly endsHold: boolean;
}

/** Candidates of ours that are dead, and the heartbeat keys whose silence says so. */
export interface Dead {
  readonly candidates: readonly Candidate[];
  readonly silent: readonly SilentKey[];
}

export const NONE_DEAD: Dead = { candidates: [], silent: [] };

/**
 * Dead candidates of ours from `from` on, until the first that lives, is foreign, or is our own. By the
 * last read: who cannot read does not know who is silent.
 */
export function deadCandidates(situation: Situation, from: number): Dead {
  const { view, observations, self, readAt } = situation;
  const candidates: Candidate[] = [];
  const silent: SilentKey[] = [];
  for (const candidate of view.queue.slice(from)) {
    if (!candidate.ours || candidate.lease === self.lease) break;
    // Whoever deletes a holder's key must say so in the record (rule 11 [H1]).
    if (isNamedHolder(situation, candidate)) break;
    const seen = observations.ofLease(candidate.lease);
    if (seen === undefined || readAt < deadAt(seen)) break;
    candidates.push(candidate);
    silent.push({ node: seen.node, revision: seen.revision });
  }
  return { candidates, silent };
}

/** The usual beat interval, for a holder whose beat cannot be read. */
const USUAL_BEAT_EVERY_MS = 500;

/** After an outage the old holder, if it lives, beats first and nothing moves (rule 12 [A6]). */
function graceUntil({ readsGoodSince, requestDeadlineMs }: Situation, beat?: Beat): Instant {
  if (readsGoodSince === undefined) return Number.POSITIVE_INFINITY as Instant;
  const beatEveryMs = beat?.beatEveryMs ?? USUAL_BEAT_EVERY_MS;
  return after(readsGoodSince, 2 * beatEveryMs + requestDeadlineMs);
}

/**
 * What was last heard of whoever stands first. Of the holder that the record names, by its own name and
 * life: its key may stand on any lease that somebody has put it on, and be proved all the same.
 */
function heardOf(situation: Situation, head: Candidate): Observation | undefined {
  const { observations, view } = situation;
  const { record } = view;
  if (record === undefined || !isNamedHolder(situation, head)) {
    return observations.ofLease(head.lease);
  }
  const seen = observations.ofNode(record.node);
  if (seen?.present !== true) return undefined;
  return isOfLife(seen.beat, record) || seen.lease === head.lease ? seen : undefined;
}

function isOfLife(beat: Beat | undefined, { identity, bootId }: HolderRecord): boolean {
  return beat?.identity === identity && beat.bootId === bootId;
}

/**
 * The holder lives and beats, but does not list the token any more: the kernel has confirmed that the
 * addresses are off [H7, H12]. It may take again, and then the record changes; if it does not, its
 * key must not keep everybody waiting for as long as it beats.
 */
function isGivenUp(situation: Situation, head: Candidate): boolean {
  const { group, view } = situation;
  const beat = heardOf(situation, head)?.beat;
  if (view.record === undefined || beat === undefined) return false;
  if (!isOfLife(beat, view.record)) return false;
  return beat.seq > view.record.seq && !claims(beat, group, head.createRevision);
}

/** From when the leader, one of ours, may be deposed; not before the grace has passed (rule 12). */
export function deposableAt(situation: Situation, head: Candidate): Instant {
  const { group, view, observations, stamps, readAt } = situation;
  const { record, recordRevision } = view;
  const seen = heardOf(situation, head);
  const condition = `${head.createRevision}:${recordRevision}`;
  let due: Instant;
  if (record !== undefined && isNamedHolder(situation, head)) {
    stamps.clear('unnamed');
    const ceiling = takeoverAfterMs(record.ceilingMs, record.fenceLatencyMs);
    if (seen === undefined) {
      // Its heartbeat key has vanished: a change (rule 11). It may have been missing before this record
      // was written, and been there in between: what was seen earlier does not count.
      const missed = observations.ofNode(record.node);
      // A later life of the node beats: it says nothing for this one, however often. What cannot be
      // read may be anything: each change of it begins the wait anew.
      const later = missed?.beat !== undefined;
      const instead = later ? `later ${missed.lease}` : (missed?.revision ?? 0);
      due = stamps.due('vanished', `${condition}:${instead}`, shownAt(missed, readAt), ceiling);
    } else {
      stamps.clear('vanished');
      const { beat } = seen;
      const listed = beat !== undefined && claims(beat, group, head.createRevision);
      due = after(seen.firstSeenAt, listed ? takeoverAfterOf(beat) : ceiling);
      const given = isGivenUp(situation, head);
      // A watch may have told of it, after the last read.
      if (given) due = stamps.due('given-up', condition, shownAt(seen, readAt), ceiling);
      else stamps.clear('given-up');
    }
  } else {
    // It holds nothing. Silent or not, it must not stand in the way for ever [H9].
    stamps.clear('vanished');
    due = stamps.due('unnamed', condition, readAt, UNNAMED_HEAD_WAIT_MS);
    const dead = seen === undefined ? due : deadAt(seen);
    if (dead < due) due = dead;
  }
  const grace = graceUntil(situation, seen?.beat);
  return due > grace ? due : grace;
}

/** The deposing that is due now, if any (protocol.md rules 7, 10, 11). */
export function deposing(situation: Situation): Deposing | undefined {
  const { view, now } = situation;
  const head = view.queue[0];
  if (head === undefined || !head.ours || head === ownCandidate(situation)) return undefined;
  if (now < deposableAt(situation, head)) return undefined;
  const endsHold = isNamedHolder(situation, head);
  const dead = deadCandidates(situation, 1);
  return {
    victims: [head, ...dead.candidates],
    silent: [...silentKeys(situation, head, endsHold), ...dead.silent],
    endsHold,
  };
}

/** The leader's heartbeat key, where its silence is the reason (rule 11). */
function silentKeys(situation: Situation, head: Candidate, endsHold: boolean): SilentKey[] {
  const { observations, view } = situation;
  // It is not silent: what it said is that it holds nothing. A taking anew changes the record.
  if (endsHold && isGivenUp(situation, head)) return [];
  const seen = heardOf(situation, head);
  if (seen !== undefined) return [{ node: seen.node, revision: seen.revision }];
  if (!endsHold || view.record === undefined) return [];
  const { node } = view.record;
  const other = observations.ofNode(node);
  return [{ node, revision: other?.present === true ? other.revision : 0 }];
}
