import { elapsedMs, type Clock, type Instant } from '../clock.ts';
import { RegressionError } from './guarded-store.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from './promise.ts';
import type { Store } from './store.ts';
import { StoreError } from './store.ts';
import type { View } from './view.ts';

/** An error on one endpoint does not count as an outage; this many reads in a row do (rule 12). */
const OUTAGE_FAILURES = 2;
/** A longer time without a good read is an outage too, although none failed: the machine slept. */
const OUTAGE_GAP_MS = LONGEST_TAKEOVER_AFTER_MS;
/** Reads repeated at once while answers do not make a complete picture. */
const MAX_ROUNDS = 5;

/**
 * Brings the view up to date by linearizable reads, and remembers since when they have been good:
 * after an outage a candidate deposes nobody until they have been for the grace period.
 */
export class Reader {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #view: View;
  /** Of one read, in milliseconds. */
  deadlineMs: number;
  #failures = 0;
  #goodSince: Instant | undefined;
  #lastGoodAt: Instant | undefined;
  /** When the reply behind the present view had arrived. */
  readAt: Instant | undefined;

  constructor(store: Store, clock: Clock, view: View, deadlineMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#view = view;
    this.deadlineMs = deadlineMs;
  }

  /** Consecutive failed reads. */
  get failures(): number {
    return this.#failures;
  }

  /** First good read since the last outage; undefined during one, and before the first. */
  get goodSince(): Instant | undefined {
    return this.#goodSince;
  }

  /**
   * Reads once, again where an answer was not a complete picture.
   * @returns whether the view is complete and fresh
   * @throws RegressionError; every other failure is counted and not thrown
   */
  async read(signal: AbortSignal): Promise<boolean> {
    const options = { deadlineMs: this.deadlineMs, signal };
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const read = this.#view.read();
      let complete: boolean;
      try {
        const txn = { compares: [], success: read.operations, failure: [] };
        const reply = await this.#store.txn(txn, options);
        const at = this.#clock.now();
        complete = this.#view.apply(read, reply, at);
        this.#good(at);
        if (complete) this.readAt = at;
      } catch (error) {
        if (error instanceof RegressionError) throw error;
        if (!(error instanceof StoreError)) throw error;
        this.#failures += 1;
        if (this.#failures >= OUTAGE_FAILURES) this.#goodSince = undefined;
        return false;
      }
      if (complete) return true;
    }
    return false;
  }

  #good(at: Instant): void {
    this.#failures = 0;
    const last = this.#lastGoodAt;
    if (last !== undefined && elapsedMs(last, at) > OUTAGE_GAP_MS) this.#goodSince = undefined;
    this.#lastGoodAt = at;
    this.#goodSince ??= at;
  }
}
