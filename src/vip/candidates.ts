import type { FactsByNode } from '../election/node-facts.ts';
import type { CandidateView } from '../election/types.ts';

/** Of a node that says nothing of its weight, or is not asked for one. */
export const USUAL_WEIGHT = 50;

/** Against one whose heartbeats have ceased. */
export const SILENT = 'silent';

/** Another candidate of a group, as whoever may hand the group over sees it. */
export interface Other {
  readonly node: string;
  readonly leaseId: string;
  /** Create revision of its key: another one is another candidacy. */
  readonly revision: number;
  readonly weight: number;
  /** Why it had better not be next, in words; undefined when nothing speaks against it. */
  readonly against: string | undefined;
  /** Somebody who is none of us stands ahead of it: it cannot be made next. */
  readonly behindForeigner: boolean;
}

/** What a group is called, its queue, and what the nodes say of themselves. */
export interface Choice {
  readonly group: string;
  /** The leader first. */
  readonly queue: readonly CandidateView[];
  readonly facts: FactsByNode;
}

/** The candidates of ours behind us, in the queue's order. */
export function others({ group, queue, facts }: Choice): Other[] {
  let behindForeigner = false;
  const found: Other[] = [];
  for (const { node, leaseId, revision, foreign, mine, alive } of queue) {
    if (foreign) behindForeigner = true;
    if (foreign || mine) continue;
    const said = facts.get(node);
    const own = said?.groups?.find(({ name }) => name === group);
    const against = !alive
      ? SILENT
      : said?.drained === true
        ? 'drained'
        : own?.healthy === false
          ? 'unhealthy'
          : undefined;
    const weight = own?.weight ?? USUAL_WEIGHT;
    found.push({ node, leaseId, revision, weight, against, behindForeigner });
  }
  return found;
}

/** Who should be next: the one of the greatest weight that nothing speaks against; else the first. */
export function best(all: readonly Other[]): Other | undefined {
  let found: Other | undefined;
  for (const each of all) {
    if (each.against !== undefined || each.behindForeigner) continue;
    if (found === undefined || each.weight > found.weight) found = each;
  }
  return found;
}

/** The candidates in words: `n2 (healthy), n3 (silent)`. */
export function candidatesText(all: readonly Other[]): string {
  if (all.length === 0) return 'there is no other candidate';
  const each = all.map(({ node, against }) => `${node} (${against ?? 'healthy'})`);
  return `candidates: ${each.join(', ')}`;
}
