import type { ElectorEvent, GroupState, Reason } from '../events.ts';

/** A transition of a group on this node. */
export interface OwnTransition {
  /** Wall-clock milliseconds. */
  readonly atMs: number;
  readonly group: string;
  readonly from: GroupState;
  readonly to: GroupState;
  readonly reason: Reason;
  readonly detail?: string;
}

const KEPT = 50;

/** The last transitions of this node, for people. */
export class Recent {
  readonly #transitions: OwnTransition[] = [];

  /** @param wallMs now, on the wall clock */
  record(event: ElectorEvent, wallMs: number): void {
    if (event.type !== 'transition') return;
    const { type: _type, ...transition } = event;
    this.#transitions.push({ atMs: wallMs, ...transition });
    if (this.#transitions.length > KEPT) this.#transitions.shift();
  }

  /** Oldest first. */
  get transitions(): readonly OwnTransition[] {
    return this.#transitions;
  }
}
