import { elapsedMs, type Instant } from '../clock.ts';
import { termsBetween, type Terms } from './terms.ts';

/** Terms between the shortest and the longest: few, for each change is told. */
const STEPS = 8;
/** A request's deadline is to be this many times what the slowest took lately. */
const ROOM = 2.5;
/** After so long without need the terms go down by one step: from the longest to the shortest in 80 s. */
const CALM_MS = 10_000;

/**
 * How short a promise the round trips of the heartbeats allow (profile `adaptive`): up at once when one
 * was slow or failed, down slowly. Others need not know: the promise travels in each heartbeat.
 */
export class Adaptation {
  readonly #longest: Terms;
  readonly #shortest: Terms | undefined;
  readonly #calmMs: number;
  /** 0: the shortest terms. */
  #step = STEPS;
  /** The highest step that was needed since `#since`. */
  #needed = 0;
  #since: Instant;
  terms: Terms;

  /** @param shortest undefined: the terms never change */
  constructor(longest: Terms, shortest: Terms | undefined, now: Instant, calmMs = CALM_MS) {
    this.#longest = longest;
    this.#shortest = shortest;
    this.#calmMs = calmMs;
    this.#since = now;
    this.terms = longest;
  }

  /** A heartbeat was confirmed after so long. @returns whether the terms have changed */
  confirmed(durationMs: number, now: Instant): boolean {
    const needed = this.#stepFor(durationMs);
    if (needed >= this.#step) return this.#move(needed, now);
    this.#needed = Math.max(this.#needed, needed);
    if (elapsedMs(this.#since, now) < this.#calmMs) return false;
    return this.#move(Math.max(this.#step - 1, this.#needed), now);
  }

  /** A heartbeat was refused, or not answered in time. @returns whether the terms have changed */
  failed(now: Instant): boolean {
    return this.#move(STEPS, now);
  }

  #stepFor(durationMs: number): number {
    if (this.#shortest === undefined) return STEPS;
    const { requestDeadlineMs: least } = this.#shortest;
    const span = this.#longest.requestDeadlineMs - least;
    const share = (durationMs * ROOM - least) / span;
    return Math.min(Math.max(Math.ceil(share * STEPS), 0), STEPS);
  }

  #move(step: number, now: Instant): boolean {
    this.#since = now;
    this.#needed = 0;
    if (step === this.#step || this.#shortest === undefined) return false;
    this.#step = step;
    this.terms = termsBetween(this.#shortest, this.#longest, step / STEPS);
    return true;
  }
}
