import type { Instant } from '../clock.ts';
import { sameToken, type HolderRecord, type Token } from './record.ts';
import type { Memory } from './types.ts';

/** A token to be proved: its key stands, and its group's record is as its taking left it. */
export interface Claim {
  readonly group: string;
  readonly token: Token;
  /** Mod revision of the record as the taking wrote it. */
  readonly recordRevision: number;
}

/** A token that our beats list (rule 6). */
export interface Listed {
  readonly token: Token;
  /** Set once its taking is confirmed: from then on beats prove it. */
  recordRevision: number | undefined;
  /**
   * Create revision of our heartbeat key as the taking left it: only beats over that very key prove.
   * One that somebody deleted may have been missing for others all the time, whatever was written in
   * between. Undefined when the token must be taken anew, which writes the record.
   */
  takenOn: number | undefined;
  /** The longest promise that this token may make, in milliseconds. */
  ceilingMs: number;
  /** Some sent taking may have been applied although no reply said so. */
  uncertain: boolean;
  /** Every beat must compare its key: others than ours stand in its election, and honour no promise. */
  alwaysExact: boolean;
  /** The newest revision at which the record is known to have been as the taking wrote it. */
  intactAt: number;
  /** When the newest beat was sent that compared this very key and record; a taking is one. */
  exactSentAt: Instant;
  /** Until when the right is proved. */
  provedUntil: Instant;
  /** How often beats are to come for as long as that right rests on what proved it, in milliseconds. */
  provedEveryMs: number;
}

/**
 * A confirmed beat or taking proved the right until `deadline`. It never ends earlier than before.
 * @param memory the next save of the state file tells a successor until when it may be resumed
 */
export function prolong(
  listed: Listed,
  memory: Pick<Memory, 'provedEnd'>,
  deadline: Instant,
  everyMs: number,
): void {
  if (deadline > memory.provedEnd) memory.provedEnd = deadline;
  if (deadline <= listed.provedUntil) return;
  listed.provedUntil = deadline;
  listed.provedEveryMs = everyMs;
}

/** A claim that stands no more, and how it ended. */
export interface Loss {
  readonly claim: Claim;
  readonly reason: 'deposed' | 'lease-lost';
  readonly detail: string;
}

/** `anew`: it stands, but its record does not say so any more; the token is to be taken anew. */
export type Standing = 'stands' | 'anew' | Loss;

/**
 * What a linearizable look at a claim's key and record says of it. While the key of a taken token
 * stands, nobody else can have taken: who ends the hold deletes the key in the same transaction
 * (rules 11, 13). So a record that somebody deleted or spoilt ends nothing; nor does our own taking
 * whose answer was lost.
 * @param keyRevision create revision of the candidate key; undefined when it is gone
 * @param recordRevision mod revision of the record; 0 when it is gone
 * @param record what it says, as far as it can be read
 */
export function standingOf(
  claim: Claim,
  keyRevision: number | undefined,
  recordRevision: number,
  record: HolderRecord | undefined,
): Standing {
  const stands = keyRevision === claim.token.createRevision;
  if (recordRevision !== claim.recordRevision) {
    const silent = record === undefined || record.state === 'unknown';
    const ours = record?.state === 'held' && sameToken(record.token, claim.token);
    if (stands && (silent || ours)) return 'anew';
    const detail = `the record says ${record?.state ?? 'nothing'} by ${record?.by ?? 'nobody'}`;
    return { claim, reason: 'deposed', detail };
  }
  if (stands) return 'stands';
  return { claim, reason: 'lease-lost', detail: 'the candidate key is gone' };
}

/** What is said of the claim is no answer to an older question: it stands as it was asked. */
export function isCurrent(
  { group, token, recordRevision }: Claim,
  among: ReadonlyMap<string, Listed>,
): boolean {
  const listed = among.get(group);
  return listed?.token === token && listed.recordRevision === recordRevision;
}
