import type { Instant } from '../clock.ts';
import { claims } from './beat.ts';
import { LONGEST_TAKEOVER_AFTER_MS, takeoverAfterMs } from './promise.ts';
import type { HolderRecord } from './record.ts';
import { isNamedHolder, ownCandidate, standingHolder, type Situation } from './situation.ts';

const NEVER = Number.POSITIVE_INFINITY as Instant;

/** How long the end of the last hold must have been past, and from when that is counted. */
interface Ending {
  /** Names the condition: a change of it starts the count anew. */
  readonly condition: string;
  readonly waitMs: number;
  readonly from: Instant;
}

/** The holder's key is gone while the record still says `held` (rule 8, first bullet). */
function goneHolder(situation: Situation, record: HolderRecord): Ending {
  const { group, view, observations, readAt } = situation;
  const condition = `gone:${view.recordRevision}`;
  const seen = observations.ofNode(record.node);
  const beat = seen?.present === true ? seen.beat : undefined;
  if (seen === undefined || beat === undefined) {
    // Vanished, unreadable or never seen: a change, dated by this look [H4], by the ceiling [H5].
    const waitMs = takeoverAfterMs(record.ceilingMs, record.fenceLatencyMs);
    return { condition, waitMs, from: readAt };
  }
  const listed = claims(beat, group, record.token.createRevision);
  const sameLife = beat.identity === record.identity && beat.bootId === record.bootId;
  if (sameLife && beat.seq > record.seq && !listed) {
    // Its sender has had it confirmed by the kernel that the addresses are off [H7, H12].
    return { condition: `unlisted:${view.recordRevision}`, waitMs: 0, from: readAt };
  }
  const waitMs =
    sameLife && listed
      ? takeoverAfterMs(beat.holdForMs, beat.fenceLatencyMs)
      : takeoverAfterMs(record.ceilingMs, record.fenceLatencyMs);
  return { condition, waitMs, from: seen.firstSeenAt };
}

function ending(situation: Situation): Ending | undefined {
  const { view, self, claimed, readAt, foreignElection } = situation;
  const { record, recordRevision } = view;
  const longest = (condition: string): Ending => ({
    condition,
    waitMs: LONGEST_TAKEOVER_AFTER_MS,
    from: readAt,
  });
  const head = view.queue[0];
  if (head !== undefined && !head.ours) return undefined; // A foreign leader lives.
  if (record === undefined) return longest(`none:${recordRevision}`);
  if (record.state === 'foreign') return longest(`foreign:${recordRevision}`);
  if (record.state === 'held') {
    if (standingHolder(situation) !== undefined) return undefined;
    const ownEarlier =
      record.identity === self.identity && record.bootId === self.bootId && claimed === undefined;
    // Rule 14: the runtime lock is ours and the kernel confirmed that nothing is left.
    if (ownEarlier) return { condition: `own:${recordRevision}`, waitMs: 0, from: readAt };
    return goneHolder(situation, record);
  }
  // Released or deposed. In a foreign election somebody else may have led since, unseen by us.
  if (!foreignElection) return { condition: `over:${recordRevision}`, waitMs: 0, from: readAt };
  return longest(`foreign-election:${recordRevision}`);
}

/**
 * From when our key, being first, may take the group (protocol.md rule 8). Looks at the clock only
 * through the situation; dates each condition at its first look, whoever is first then.
 * @returns an instant not after `now` when it may take at once; Infinity when it may not
 */
export function takeableAt(situation: Situation): Instant {
  const { stamps, view, quarantineUntil, foreignElection } = situation;
  const own = ownCandidate(situation);
  const head = view.queue[0];
  const unbroken = `reads good since ${situation.readsGoodSince}`;
  const ownHold = own !== undefined && isNamedHolder(situation, own);
  if (foreignElection && head !== undefined && (head !== own || ownHold)) {
    // A live leader: its end will have been seen by us, unless our own reads fail meanwhile, and
    // others may lead unseen (rule 8, last sentence).
    stamps.due('leader-seen', unbroken, situation.readAt, 0);
  }
  const end = ending(situation);
  if (end === undefined) {
    stamps.clear('ending');
    // Rule 8 [A3]: held by our own live token: the taking was confirmed, the reply lost; or a resume.
    return ownHold && head === own ? quarantineUntil : NEVER;
  }
  const seenLive =
    end.condition.startsWith('foreign-election:') && stamps.holds('leader-seen', unbroken);
  const due = stamps.due('ending', end.condition, end.from, seenLive ? 0 : end.waitMs);
  return due > quarantineUntil ? due : quarantineUntil;
}
