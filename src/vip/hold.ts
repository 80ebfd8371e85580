import { elapsedMs, type Clock, type Instant } from '../clock.ts';
import type { Proof } from '../election/types.ts';
import type { Reason } from '../events.ts';
import { Fence } from '../fencing/fence.ts';
import { Deadlines } from './deadlines.ts';

/** The address is off by the deadline, not from it on: this much earlier the withdrawal begins. */
const WITHDRAW_AHEAD_MS = 20;

/** The right to hold one group, and the timers that run while it lasts. */
export class Hold {
  readonly fence = new Fence();
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #onExpired: (reason: Reason, detail: string) => void;

  /** @param onExpired told once when the right has ended by time, 20 ms ahead of its deadline */
  constructor(clock: Clock, onExpired: (reason: Reason, detail: string) => void) {
    this.#clock = clock;
    this.#deadlines = new Deadlines(clock);
    this.#onExpired = onExpired;
  }

  /** A right of a token, from now on. */
  begin(proof: Proof): void {
    this.fence.arm(proof);
    this.#watchDeadline();
  }

  /** Proved again. Returns false, and changes nothing, for a token that is not the one held. */
  extend(proof: Proof): boolean {
    if (!this.fence.extend(proof)) return false;
    this.#watchDeadline();
    return true;
  }

  /** Compares the clock with the deadline: first thing after any pause. */
  check(): void {
    const { deadline } = this.fence;
    if (deadline === undefined) return;
    if (elapsedMs(this.#clock.now(), deadline) > WITHDRAW_AHEAD_MS) return;
    this.#expire('fence-expired', 'no heartbeat was confirmed in time');
  }

  /** The machine was suspended: drop first, ask later. */
  onSuspended(suspendedMs: number): void {
    if (this.fence.deadline === undefined) return;
    this.#expire('suspended', `the machine was suspended for ${Math.round(suspendedMs)} ms`);
  }

  /** Calls `rearm` at that moment, if the right lasts so long; replaces the call before. Undefined: no call. */
  setRearm(at: Instant | undefined, rearm: () => void): void {
    this.#deadlines.setRearm(at, rearm);
  }

  /** No right and no timer from now on. Idempotent. */
  end(): void {
    this.fence.close();
    this.#deadlines.clear();
  }

  #expire(reason: Reason, detail: string): void {
    this.end();
    this.#onExpired(reason, detail);
  }

  #watchDeadline(): void {
    const { deadline } = this.fence;
    if (deadline === undefined) return;
    this.#deadlines.set(deadline, WITHDRAW_AHEAD_MS, () => this.check());
  }
}
