import { REASONS, type GroupState, type Reason } from '../../../src/events.ts';

/** How often a group went from one state to another, and why: `from → to: reason`. */
export type Transitions = Record<string, number>;

export function transitionKey(from: string, to: string, reason: string): string {
  return `${from} → ${to}: ${reason}`;
}

/** The changes of state in the table of src/vip/machine.ts, row by row. */
const TABLE: Readonly<Record<GroupState, readonly GroupState[]>> = {
  following: ['campaigning', 'assigning', 'withdrawing', 'faulted'],
  campaigning: ['following', 'assigning', 'withdrawing', 'faulted'],
  assigning: ['leading', 'withdrawing'],
  leading: ['withdrawing'],
  withdrawing: ['following', 'faulted'],
  faulted: ['withdrawing', 'following'],
};

/** Reasons that no schedule can give, and the test that reaches each: its text names it. */
export const REACHED_ELSEWHERE: ReadonlyMap<Reason, string> = new Map([
  ['link-missing', 'test/netns/links.ts'],
]);

/** Named by design §5, and given by no code: without etcd a hold ends by its fence (`fence-expired`). */
export const GIVEN_BY_NOTHING: readonly Reason[] = ['etcd-unreachable'];

/** What no schedule has reached: changes of state that the table has, and reasons. */
export function unreached(transitions: Transitions): { states: string[]; reasons: string[] } {
  const seen = Object.keys(transitions);
  const states = Object.entries(TABLE).flatMap(([from, all]) =>
    all
      .map((to) => `${from} → ${to}`)
      .filter((change) => !seen.some((key) => key.startsWith(`${change}:`))),
  );
  const reasons = REASONS.filter((reason) => !seen.some((key) => key.endsWith(`: ${reason}`)));
  return { states, reasons };
}
