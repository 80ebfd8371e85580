import { elapsedMs, type Clock, type Instant } from '../clock.ts';
import type { Fault } from './machine.ts';

/** Carrier must have been back for so long; twice as long after each loss that follows soon. */
const HOLD_DOWN_MIN_MS = 1000;
const HOLD_DOWN_MAX_MS = 16_000;
/** Losses further apart than this are stories of their own. */
const CALM_MS = 60_000;

/**
 * Keeps a group off a link whose carrier comes and goes: the loss counts at once, the return only when it
 * lasts. A cable that flaps then costs one move away and one back.
 */
export class LinkHoldDown {
  readonly #clock: Clock;
  readonly #onOver: () => void;
  /** The loss that counts. */
  #lost: Fault | undefined;
  #lostAt: Instant | undefined;
  #holdDownMs = HOLD_DOWN_MIN_MS;
  /** Runs while the carrier is back. */
  #cancel: (() => void) | undefined;
  #stopped = false;

  /** @param onOver called when the carrier has been back for long enough: look again */
  constructor(clock: Clock, onOver: () => void) {
    this.#clock = clock;
    this.#onOver = onOver;
  }

  /**
   * @param fault what a look at the links has shown
   * @returns what it means for the group
   */
  judge(fault: Fault | undefined): Fault | undefined {
    if (this.#stopped) return fault;
    if (fault?.reason === 'link-down') {
      if (this.#lost === undefined || this.#cancel !== undefined) this.#count();
      this.#lost = fault;
      return fault;
    }
    // Another link, or none: whatever is wrong there is no matter of this carrier.
    if (fault !== undefined || this.#lost === undefined) return fault;
    this.#cancel ??= this.#clock.timer(this.#holdDownMs, () => {
      this.#cancel = undefined;
      this.#lost = undefined;
      this.#onOver();
    });
    return this.#lost;
  }

  #count(): void {
    this.#cancelReturn();
    const now = this.#clock.now();
    const soon = this.#lostAt !== undefined && elapsedMs(this.#lostAt, now) < CALM_MS;
    this.#holdDownMs = soon ? Math.min(this.#holdDownMs * 2, HOLD_DOWN_MAX_MS) : HOLD_DOWN_MIN_MS;
    this.#lostAt = now;
  }

  /** Nothing is held down, and no timer runs, from now on. Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#cancelReturn();
  }

  #cancelReturn(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
