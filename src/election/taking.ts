import { after, type Instant } from '../clock.ts';
import { claims } from './beat.ts';
import { shownAt } from './observations.ts';
import { LONGEST_TAKEOVER_AFTER_MS, takeoverAfterMs } from './promise.ts';
import type { HolderRecord } from './record.ts';
import {
  isNamedHolder,
  isRecordless,
  ownCandidate,
  standingHolder,
  type Situation,
} from './situation.ts';
import type { SilentKey } from './transactions.ts';

const NEVER = Number.POSITIVE_INFINITY as Instant;

/** From when a group may be taken, and whose silence that rests on. */
export interface Takeable {
  readonly at: Instant;
  /** To be compared by the taking: this heartbeat key must still be as it was. */
  readonly silent?: SilentKey;
}

function ceilingOf({ ceilingMs, fenceLatencyMs }: HolderRecord): number {
  return takeoverAfterMs(ceilingMs, fenceLatencyMs);
}

/** The last hold is known to have ended. */
function atOnce({ stamps, readAt }: Situation): Takeable {
  stamps.clear('ending');
  return { at: readAt };
}

/** When the holder that the record names has been silent for what it promised last. */
function silence(
  { group, view, observations, stamps, readAt }: Situation,
  record: HolderRecord,
): Takeable {
  const { node } = record;
  const { recordRevision } = view;
  const ceilingMs = ceilingOf(record);
  const seen = observations.ofNode(node);
  if (seen === undefined) {
    const at = stamps.due('absent', `${recordRevision}`, readAt, ceilingMs);
    return { at, silent: { node, revision: 0 } };
  }
  const { beat, firstSeenAt, revision, present } = seen;
  if (!present) {
    // A vanished key is a change [H4], and counts by the ceiling [H5]; but absence has no revision, so
    // one that was seen before this record was written says nothing about it.
    const from = shownAt(seen, readAt);
    const at = stamps.due('absent', `${recordRevision}:${revision}`, from, ceilingMs);
    return { at, silent: { node, revision: 0 } };
  }
  stamps.clear('absent');
  const listed = beat !== undefined && claims(beat, group, record.token.createRevision);
  const waitMs = listed ? takeoverAfterMs(beat.holdForMs, beat.fenceLatencyMs) : ceilingMs;
  return { at: after(firstSeenAt, waitMs), silent: { node, revision } };
}

/**
 * The holder's key is gone while the record still says `held` (rule 8, first bullet). It may not have
 * noticed yet: beats compare a key by turns (proving.ts). So either it says itself that it does not
 * claim the token any more, or it has been silent for what its last beat promised, or its key has been
 * gone for the longest promise, which no proof outlives.
 */
function goneHolder(situation: Situation, record: HolderRecord): Takeable {
  const { group, view, observations, readAt, stamps } = situation;
  // Somebody took it off its lease: it has left the queue, and its holder proves it all the same. Its
  // deletion, however long after, is what the wait begins with.
  const stands = view.leaseless.some(({ key }) => key === record.token.key);
  const gone = `${stands ? 'off its lease' : 'gone'}:${view.recordRevision}`;
  const seen = observations.ofNode(record.node);
  const beat = seen?.beat;
  const sameLife = beat?.identity === record.identity && beat.bootId === record.bootId;
  if (beat !== undefined && sameLife && beat.seq > record.seq) {
    // Its sender has had it confirmed by the kernel that the addresses are off [H7, H12].
    if (!claims(beat, group, record.token.createRevision)) return atOnce(situation);
  }
  const longest = stamps.due('ending', gone, readAt, LONGEST_TAKEOVER_AFTER_MS);
  let end: Takeable;
  if (seen === undefined || beat === undefined || sameLife) end = silence(situation, record);
  // A later life of the node has written over its heartbeat: it cannot prove anything any more.
  else end = { at: stamps.due('later-life', gone, seen.firstSeenAt, ceilingOf(record)) };
  return stands || end.at < longest ? end : { at: longest };
}

/** Looks at the record; undefined while somebody leads, or there is none. */
function ending(situation: Situation): Takeable | undefined {
  const { view, self, claimed, readAt, stamps } = situation;
  const { record, recordRevision } = view;
  const head = view.queue[0];
  if (head !== undefined && !head.ours) return undefined; // A foreign leader lives.
  const longest = (condition: string): Takeable => ({
    at: stamps.due('ending', condition, readAt, LONGEST_TAKEOVER_AFTER_MS),
  });
  if (isRecordless(view)) return undefined; // Somebody has to write that nothing is known.
  if (record === undefined) return longest(`unreadable:${recordRevision}`);
  if (record.state === 'foreign' || record.state === 'unknown') {
    return longest(`${record.state}:${recordRevision}`);
  }
  if (record.state === 'held') {
    if (standingHolder(situation) !== undefined) return undefined;
    const ownEarlier =
      record.identity === self.identity && record.bootId === self.bootId && claimed === undefined;
    // Rule 14: the runtime lock is ours and the kernel confirmed that nothing is left.
    return ownEarlier ? atOnce(situation) : goneHolder(situation, record);
  }
  return atOnce(situation); // Released or deposed.
}

/**
 * A foreigner has led since the record was written, which could not be written into it (a full etcd): it
 * is waited out like one that was [H8].
 */
function afterForeigners(
  { view, stamps, readAt }: Situation,
  end: Takeable | undefined,
): Takeable | undefined {
  const since = `${view.recordRevision}`;
  const head = view.queue[0];
  if (head !== undefined && !head.ours) stamps.due('foreigner-led', since, readAt, 0);
  if (end === undefined || !stamps.holds('foreigner-led', since)) return end;
  const at = stamps.due('after-foreigners', since, readAt, LONGEST_TAKEOVER_AFTER_MS);
  return at > end.at ? { ...end, at } : end;
}

/**
 * In a foreign election others may have led unseen: before our first look, and whenever our reads failed.
 * Unless a holder of ours was seen at its head since, the longest promise is waited out, from then on.
 */
function afterTheUnseen(situation: Situation, end: Takeable | undefined): Takeable | undefined {
  const { stamps, readAt, foreignElection, readsGoodSince } = situation;
  const seen = unbroken(situation);
  if (end === undefined || !foreignElection || stamps.holds('leader-seen', seen)) return end;
  if (readsGoodSince === undefined) return { ...end, at: NEVER }; // They may lead at this moment.
  const at = stamps.due('unseen', seen, readAt, LONGEST_TAKEOVER_AFTER_MS);
  return at > end.at ? { ...end, at } : end;
}

/** Names the time in which our reads have not failed. */
function unbroken({ readsGoodSince }: Situation): string {
  return `reads good since ${readsGoodSince}`;
}

/**
 * From when our key, being first, may take the group (protocol.md rule 8). Looks at the clock only
 * through the situation; dates each condition at its first look, whoever is first then.
 * @returns an instant not after `now` when it may take at once; Infinity when it may not
 */
export function takeable(situation: Situation): Takeable {
  const { stamps, view, quarantineUntil, foreignElection, anew } = situation;
  const own = ownCandidate(situation);
  const head = view.queue[0];
  const ownHold = own !== undefined && isNamedHolder(situation, own);
  const readable = situation.readsGoodSince !== undefined;
  if (foreignElection && readable && head !== undefined && isNamedHolder(situation, head)) {
    // A live holder: its end will have been seen by us, unless our own reads fail meanwhile, and
    // others may lead unseen (rule 8, last sentence). One that only leads may be waiting itself.
    stamps.due('leader-seen', unbroken(situation), situation.readAt, 0);
  }
  const end = afterTheUnseen(situation, afterForeigners(situation, ending(situation)));
  if (end === undefined) {
    for (const slot of ['ending', 'absent', 'later-life', 'after-foreigners', 'unseen'])
      stamps.clear(slot);
  }
  // Rule 8 [A3]: held by our own live token: the taking was confirmed, the reply lost; or a resume; or
  // only its proof is to be founded anew, and then nobody else has taken while our key stands.
  const ours = ownHold || anew;
  if (ours && own !== undefined && head === own) return { at: quarantineUntil };
  if (end === undefined) return { at: NEVER };
  return end.at > quarantineUntil ? end : { ...end, at: quarantineUntil };
}
