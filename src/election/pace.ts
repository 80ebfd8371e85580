import { after, type Instant } from '../clock.ts';

export interface PaceTiming {
  /** How often a holder beats, as things are. */
  readonly briskEveryMs: () => number;
  /** How often a node beats that holds and leads nothing. */
  readonly idleEveryMs: number;
  /** Whether a beat would list a token: whatever else is known, it is to be proved in time. */
  readonly lists: () => boolean;
}

/** How often one node beats. */
export class Pace {
  readonly #timing: PaceTiming;
  #announcedMs = Infinity;
  /** Stands first in a queue. */
  first = false;

  constructor(timing: PaceTiming) {
    this.#timing = timing;
  }

  /** As a holder does. */
  get brisk(): boolean {
    return this.first || this.#timing.lists();
  }

  /** Milliseconds from one beat to the next, when all goes well. */
  get everyMs(): number {
    const { briskEveryMs, idleEveryMs } = this.#timing;
    return this.brisk ? briskEveryMs() : idleEveryMs;
  }

  /** The same, as a beat that is about to be sent announces it: the next comes no later. */
  announce(): number {
    this.#announcedMs = this.everyMs;
    return this.#announcedMs;
  }

  /**
   * When the next attempt is due, after one at `lastAt`: sooner while a proof is overdue.
   * @param confirmedSentAt when the newest confirmed beat had been sent
   */
  dueAfter(lastAt: Instant, confirmedSentAt: Instant | undefined): Instant {
    const everyMs = Math.min(this.everyMs, this.#announcedMs);
    const due = after(lastAt, everyMs);
    if (!this.brisk || confirmedSentAt === undefined) return due;
    const overdueAt = after(confirmedSentAt, 1.5 * everyMs);
    const soonest = after(lastAt, everyMs / 4);
    const hurried = overdueAt > soonest ? overdueAt : soonest;
    return hurried < due ? hurried : due;
  }
}
