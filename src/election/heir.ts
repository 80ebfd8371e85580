import { deadCandidates, NONE_DEAD, type Dead } from './deposing.ts';
import { ownCandidate, type Situation } from './situation.ts';
import type { LeaseId } from './store.ts';
import type { Candidate } from './view.ts';

/** Whose keys a release deletes behind its own, and who is first then. */
export interface Way extends Dead {
  /** Compared: its key still stands. Left out: whoever is next. */
  readonly heir?: Candidate;
}

export const NO_WAY: Way = NONE_DEAD;

/**
 * What makes a candidate the next after us: the keys of ours ahead of it go in the transaction that
 * releases, and their nodes campaign anew behind it (rule 13 [A10]). Nobody among them holds anything
 * while the record names us, which the transaction compares.
 * @returns undefined when it has no live key, or somebody who is none of us stands ahead of it
 */
export function wayTo(situation: Situation, heir: LeaseId): Way | undefined {
  const { queue } = situation.view;
  const own = ownCandidate(situation);
  const from = own === undefined ? -1 : queue.indexOf(own);
  const to = queue.findIndex(({ lease }) => lease === heir);
  const found = queue[to];
  if (from !== 0 || to <= from || found === undefined || !found.ours) return undefined;
  const candidates = queue.slice(from + 1, to);
  if (candidates.some(({ ours }) => !ours)) return undefined;
  return { candidates, silent: [], heir: found };
}

/** The way of a release: to the heir, if there is one; else past the dead. */
export function wayOfRelease(situation: Situation, heir: LeaseId | undefined): Way {
  const way = heir === undefined ? undefined : wayTo(situation, heir);
  return way ?? deadCandidates(situation, 1);
}
