import { after, elapsedMs, type Clock, type Instant } from '../clock.ts';

/** The two timers of a hold: one to withdraw by the deadline, one to arm the kernel's guard again. */
export class Deadlines {
  readonly #clock: Clock;
  #cancelDeadline: (() => void) | undefined;
  #cancelRearm: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `expire` this much before the deadline; replaces the timer before. */
  set(deadline: Instant, aheadMs: number, expire: () => void): void {
    this.#cancelDeadline?.();
    const ms = elapsedMs(this.#clock.now(), after(deadline, -aheadMs));
    // A timer may fire a fraction of a millisecond early; the check would then find time left.
    this.#cancelDeadline = this.#clock.timer(Math.ceil(Math.max(ms, 0)) + 1, expire);
  }

  /** Calls `rearm` at that moment; replaces the timer before. Undefined: none. */
  setRearm(at: Instant | undefined, rearm: () => void): void {
    this.#cancelRearm?.();
    this.#cancelRearm = undefined;
    if (at === undefined) return;
    this.#cancelRearm = this.#clock.timer(Math.max(elapsedMs(this.#clock.now(), at), 0), rearm);
  }

  clear(): void {
    this.#cancelDeadline?.();
    this.#cancelRearm?.();
    this.#cancelDeadline = undefined;
    this.#cancelRearm = undefined;
  }
}
