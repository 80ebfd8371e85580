import type { Instant } from '../clock.ts';
import { deposableAt, deposing, type Deposing } from './deposing.ts';
import { isRecordless, ownCandidate, ownLeaseless, type Situation } from './situation.ts';
import { sameToken, type Token } from './record.ts';
import { takeable } from './taking.ts';
import type { SilentKey } from './transactions.ts';
import type { Candidate } from './view.ts';

/** Our key, and what the taking compares besides (transactions.ts). */
export interface TakeDecision {
  readonly own: Candidate;
  readonly ahead?: readonly Candidate[];
  readonly silent?: SilentKey | undefined;
}

/** What the rules tell a node to do about one group now. */
export type Decision =
  /** Nothing; look again at the instant, if there is one, or when something changes. */
  | { readonly kind: 'wait'; readonly until?: Instant }
  /** Stand for election. */
  | { readonly kind: 'enqueue' }
  /** A candidate key of ours that we do not want, or that is off its lease: delete it (rule 10). */
  | { readonly kind: 'dequeue'; readonly own: Token }
  /** Our key leads and the last hold has ended: take (rules 8 and 9). */
  | ({ readonly kind: 'take' } & TakeDecision)
  /** The leader is silent, or stands in the way: depose it (rules 7, 10, 11). */
  | { readonly kind: 'depose'; readonly deposing: Deposing }
  /** A foreign key leads and the record does not say so yet (rule 10 [H8]). */
  | { readonly kind: 'mark-foreign'; readonly leader: Candidate }
  /** There is no holder record: write that nothing is known (rule 8). */
  | { readonly kind: 'mark-unknown'; readonly own: Candidate };

/** Applies the rules of protocol.md to one situation. Pure but for the stamps that date conditions. */
export function decide(situation: Situation): Decision {
  const { view, wanted, claimed, holding, anew, ending, isBurnt, now } = situation;
  const own = ownCandidate(situation);
  const head = view.queue[0];
  // Conditions are dated from their first look, whoever is first then [A4].
  const { at: takeableAt, silent } = takeable(situation);
  const depose = head?.ours === true && head !== own ? deposableAt(situation, head) : undefined;
  // While the addresses may still be on the link the key stays: it keeps successors waiting.
  if (ending) return { kind: 'wait' };
  // A key of ours off its lease would stand in the way of a new one for ever.
  const unfit = own !== undefined && (!wanted || isBurnt(own)) ? own : ownLeaseless(situation);
  if (unfit !== undefined) {
    const inUse = claimed !== undefined && sameToken(claimed, unfit);
    return inUse ? { kind: 'wait' } : { kind: 'dequeue', own: unfit };
  }
  if (head !== undefined && !head.ours) {
    const { record } = view;
    const said = record?.state === 'foreign' && sameToken(record.token, head);
    // Even by one that does not want the group: it may want it later, and must know then.
    if (!said) return { kind: 'mark-foreign', leader: head };
  }
  if (own === undefined) return wanted ? { kind: 'enqueue' } : { kind: 'wait' };
  if (isRecordless(view) && !anew && !holding) return { kind: 'mark-unknown', own };
  if (head === own) {
    if (holding && claimed !== undefined && sameToken(claimed, own)) return { kind: 'wait' };
    if (now < takeableAt) return waitUntil(takeableAt);
    return { kind: 'take', own, ...(silent !== undefined && { silent }) };
  }
  const due = deposing(situation);
  if (due !== undefined) return { kind: 'depose', deposing: due };
  return waitUntil(depose);
}

function waitUntil(instant: Instant | undefined): Decision {
  return instant === undefined || !Number.isFinite(instant)
    ? { kind: 'wait' }
    : { kind: 'wait', until: instant };
}
