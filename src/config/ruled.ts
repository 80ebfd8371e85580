import type { Path } from './path.ts';
import { isAtOrBelow } from './path.ts';
import type { Draft } from './schema.ts';

/** What the rules know: all fields that are right by themselves, and the places of those that are not. */
export interface Ruled {
  readonly draft: Draft;
  readonly refusedAt: readonly Path[];
  /** `status` and the like do without groups. */
  readonly groupsRequired: boolean;
  /** `check` does without etcd, too. */
  readonly etcdRequired: boolean;
}

/** True when something at, above or below the place was refused: no rule need say it again. */
export function isRefused({ refusedAt }: Ruled, place: Path): boolean {
  return refusedAt.some((one) => isAtOrBelow(one, place) || isAtOrBelow(place, one));
}
