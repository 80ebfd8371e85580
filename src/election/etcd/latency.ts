/** What each answer counts in the mean. */
const WEIGHT = 0.1;
/** Waiting for this many times what calls take is slow. */
const SLOW_FACTOR = 8;
/** But not sooner than this: a busy machine of ours is no slow endpoint. */
const SLOW_MIN_MS = 50;

/** How long the calls to one endpoint take: a moving mean. */
export class Latency {
  #meanMs: number | undefined;

  /** In milliseconds; undefined before the first answer. */
  get meanMs(): number | undefined {
    return this.#meanMs;
  }

  note(ms: number): void {
    const known = this.#meanMs ?? ms;
    this.#meanMs = known + (ms - known) * WEIGHT;
  }

  /** Whether a call that has been waiting for so long is far from what calls take. */
  isSlow(waitingMs: number): boolean {
    return waitingMs > Math.max(SLOW_MIN_MS, SLOW_FACTOR * (this.#meanMs ?? 0));
  }
}
