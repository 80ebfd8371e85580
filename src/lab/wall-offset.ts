import type { Clock } from '../clock.ts';

/** The wall clock is looked at again this often: it may be slewed by 8.5 % at most, or stepped. */
const REFRESH_EVERY_MS = 500;
/** Two readings of the clocks take about a microsecond. */
const LOOK_MS_MAX = 0.02;
/** Ten ticks that we all missed: this machine is too busy to do better than a millisecond. */
const GIVE_UP_AFTER_MS = 10;

/**
 * Puts the kernel's wall-clock time stamps (packets, `ip monitor`) on CLOCK_BOOTTIME. `Clock.wallMs`
 * shows whole milliseconds only, so the offset is taken at the very moment at which it ticks: good
 * to a few microseconds, at the price of up to one millisecond of spinning.
 */
export class WallOffset {
  readonly #clock: Clock;
  #offsetMs = 0;
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.refresh();
  }

  /** Takes the offset anew if that was long ago. */
  refreshIfOld(): void {
    if (this.#clock.now() - this.#refreshedAt >= REFRESH_EVERY_MS) this.refresh();
  }

  refresh(): void {
    const giveUpAt = this.#clock.now() + GIVE_UP_AFTER_MS;
    let wallBefore = this.#clock.wallMs();
    let before = this.#clock.now();
    for (;;) {
      const wallMs = this.#clock.wallMs();
      const now = this.#clock.now();
      const ticked = wallMs !== wallBefore;
      // A long look means that we were off the CPU around the tick: wait for the next.
      if ((ticked && now - before < LOOK_MS_MAX) || now > giveUpAt) {
        this.#offsetMs = wallMs - now;
        this.#refreshedAt = now;
        return;
      }
      wallBefore = wallMs;
      before = now;
    }
  }

  /** @param wallMs milliseconds since the epoch, with a fraction */
  toBoottimeMs(wallMs: number): number {
    return wallMs - this.#offsetMs;
  }
}
