import { after, elapsedMs, type Instant } from '../clock.ts';
import type { Claim, Listed } from './claim.ts';
import { LONGEST_HOLD_FOR_MS } from './promise.ts';

/**
 * What a beat compares so that its success proves all claims, in a few compares however many there
 * are (protocol.md rule 2). *Exact*: the claim's key and record are compared themselves. *Ranged*: one
 * range for all of them says that no record has changed since all were last known to be intact, and the
 * epoch that none was written and deleted again: every taking, release and deposing of ours would have
 * shown. What they cannot see is a candidate key deleted by somebody else. Therefore the exact compares
 * go round, a ranged proof never reaches further than the longest promise after the last exact one, and
 * the successor of a holder whose key is gone waits for as long, or for its silence (taking.ts).
 */
export interface Proving {
  readonly exact: readonly Claim[];
  readonly ranged: readonly Claim[];
  /** No record may have a newer mod revision; undefined without ranged claims. */
  readonly newestRecord: number | undefined;
}

/** etcd allows 128 comparisons in a transaction; an exact proof takes two, the beat four, a range three. */
export const MAX_EXACT_CLAIMS = 60;
/** Every claim is compared itself once in so many beats. */
const ROUND_BEATS = 10;

interface Entry {
  readonly claim: Claim;
  readonly listed: Listed;
}

/** @param on create revision of the heartbeat key that the beat is to write over */
function entriesOf(listed: ReadonlyMap<string, Listed>, on: number | undefined): Entry[] {
  return [...listed].flatMap(([group, each]) => {
    const { token, recordRevision, takenOn } = each;
    if (recordRevision === undefined || takenOn === undefined || takenOn !== on) return [];
    return [{ claim: { group, token, recordRevision }, listed: each }];
  });
}

/**
 * All claims compared themselves, in portions that fit a transaction; one empty one if there is none.
 * @param on create revision of the heartbeat key; undefined when it stands no more: nothing is proved
 */
export function provingExactly(
  listed: ReadonlyMap<string, Listed>,
  on: number | undefined,
): Proving[] {
  const claims = entriesOf(listed, on).map(({ claim }) => claim);
  const portions: Proving[] = [];
  do {
    const exact = claims.splice(0, MAX_EXACT_CLAIMS);
    portions.push({ exact, ranged: [], newestRecord: undefined });
  } while (claims.length > 0);
  return portions;
}

/**
 * What the next beat compares: one transaction but after a taking among many groups, or when each
 * must be compared itself.
 * @param holdForMs what the beat promises: none of it may be lost to `rangedUntil`, so a claim is
 *   compared itself as soon as its last exact proof is older than that leaves room for
 */
export function proving(
  listed: ReadonlyMap<string, Listed>,
  on: number | undefined,
  now: Instant,
  holdForMs: number,
): Proving[] {
  const entries = entriesOf(listed, on);
  const share = Math.ceil(entries.length / ROUND_BEATS);
  const newestTaking = Math.max(0, ...entries.map(({ claim }) => claim.recordRevision));
  const oldestFirst = entries.toSorted(
    (one, other) => one.listed.exactSentAt - other.listed.exactSentAt,
  );
  const exact: Claim[] = [];
  const ranged: Entry[] = [];
  for (const [rank, entry] of oldestFirst.entries()) {
    const { alwaysExact, exactSentAt, intactAt, provedUntil } = entry.listed;
    const old = elapsedMs(exactSentAt, now) + holdForMs > LONGEST_HOLD_FOR_MS;
    // The record of a later taking would fail a range that starts where this one was last seen.
    const over = now >= provedUntil;
    if (rank < share || old || over || alwaysExact || intactAt < newestTaking) {
      exact.push(entry.claim);
    } else ranged.push(entry);
  }
  if (ranged.length === 0 || exact.length > MAX_EXACT_CLAIMS) return provingExactly(listed, on);
  const newestRecord = Math.min(...ranged.map(({ listed: each }) => each.intactAt));
  return [{ exact, ranged: ranged.map(({ claim }) => claim), newestRecord }];
}

/** Until when a ranged proof of this token may serve at most. */
export function rangedUntil({ exactSentAt }: Listed): Instant {
  return after(exactSentAt, LONGEST_HOLD_FOR_MS);
}
