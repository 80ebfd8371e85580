import { elapsedMs, type Instant } from '../clock.ts';

/** The right as the election proved it (see election/types.ts). */
export interface Right {
  readonly token: { readonly key: string; readonly createRevision: number };
  readonly deadline: Instant;
}

/**
 * The deadline until which this node may hold a group: open from a proof to its deadline, and only
 * for the token that it was armed with. No I/O, no timers: whoever is about to act asks.
 */
export class Fence {
  #right: Right | undefined;

  /** A token was won, or resumed. */
  arm(right: Right): void {
    this.#right = right;
  }

  /**
   * A proof of the armed token: the deadline moves on, never back. Of any other token: ignored
   * (protocol.md rule 5 [A1]).
   * @returns whether it counted
   */
  extend(right: Right): boolean {
    const armed = this.#right;
    if (armed === undefined) return false;
    const { key, createRevision } = armed.token;
    if (right.token.key !== key || right.token.createRevision !== createRevision) return false;
    if (right.deadline > armed.deadline) this.#right = right;
    return true;
  }

  /** The right is over, whatever the deadline. */
  close(): void {
    this.#right = undefined;
  }

  get deadline(): Instant | undefined {
    return this.#right?.deadline;
  }

  /** Whether the group may be held at `now`. */
  isOpen(now: Instant): boolean {
    return this.#right !== undefined && now < this.#right.deadline;
  }

  /** Milliseconds of the right that are left; 0 when closed. */
  slackMs(now: Instant): number {
    return this.#right === undefined ? 0 : Math.max(elapsedMs(now, this.#right.deadline), 0);
  }
}
