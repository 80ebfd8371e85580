import { elapsedMs, type Instant } from '../clock.ts';
import type { Verdict } from './types.ts';

/** How many rounds in a row change a verdict. */
export interface Thresholds {
  readonly fall: number;
  readonly rise: number;
}

/** Who fell must be without a failure for so long, the second time twice as long, and so on. */
const HOLD_DOWN_MIN_MS = 5000;
const HOLD_DOWN_MAX_MS = 300_000;
/** Healthy for so long, the next fall counts as the first. */
const FORGIVEN_AFTER_MS = 600_000;

/** Makes a verdict of one round after the other. Pure but for what it remembers of them. */
export class Judge {
  readonly #thresholds: Thresholds;
  /** Rounds in a row that were otherwise than the verdict. */
  #against = 0;
  /** Begin of the unbroken run of good rounds. */
  #goodSince: Instant | undefined;
  #holdDownMs = 0;
  #healthySince: Instant | undefined;
  verdict: Verdict;

  /** @param verdict what an earlier judge of the group came to */
  constructor(thresholds: Thresholds, verdict: Verdict = 'unknown') {
    this.#thresholds = thresholds;
    this.verdict = verdict;
  }

  /** How long it must still be without a failure before it counts, in milliseconds. */
  waitsMs(now: Instant): number {
    if (this.verdict !== 'unhealthy' || this.#goodSince === undefined) return 0;
    return Math.max(this.#holdDownMs - elapsedMs(this.#goodSince, now), 0);
  }

  /** A round is over. @returns whether the verdict has changed */
  round(good: boolean, now: Instant): boolean {
    if (!good) this.#goodSince = undefined;
    else this.#goodSince ??= now;
    if (this.verdict === 'unknown') return this.#become(good ? 'healthy' : 'unhealthy', now);
    if (good === (this.verdict === 'healthy')) {
      this.#against = 0;
      return false;
    }
    this.#against += 1;
    const { fall, rise } = this.#thresholds;
    if (this.#against < (good ? rise : fall)) return false;
    if (good && this.waitsMs(now) > 0) return false;
    return this.#become(good ? 'healthy' : 'unhealthy', now);
  }

  #become(verdict: Verdict, now: Instant): boolean {
    const before = this.verdict;
    this.verdict = verdict;
    this.#against = 0;
    if (verdict === 'healthy') this.#healthySince = now;
    else if (before === 'healthy') this.#fell(now);
    return true;
  }

  #fell(now: Instant): void {
    const since = this.#healthySince;
    const calm = since === undefined || elapsedMs(since, now) >= FORGIVEN_AFTER_MS;
    const next = calm ? HOLD_DOWN_MIN_MS : this.#holdDownMs * 2;
    this.#holdDownMs = Math.min(Math.max(next, HOLD_DOWN_MIN_MS), HOLD_DOWN_MAX_MS);
  }
}
