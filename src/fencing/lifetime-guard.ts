import type { Clock, Instant } from '../clock.ts';
import type { Network, Vip } from '../network/types.ts';
import type { KernelGuard } from './kernel-guard.ts';
import { endsTooLate, lifetimeSeconds, rearmAt } from './lifetime.ts';

/** Each try that came too late leaves at least a second less to arm: more than these cannot matter. */
const MAX_TRIES = 3;

/** The kernel guard of profile `seconds`: every address carries a lifetime. */
export class LifetimeGuard implements KernelGuard {
  readonly kind = 'address-lifetime' as const;
  readonly #network: Pick<Network, 'assign' | 'withdraw'>;
  readonly #clock: Clock;
  readonly #removeLeft: (() => void) | undefined;

  /**
   * @param removeLeft removes the millisecond fence of an earlier daemon; undefined: there is none
   */
  constructor(
    network: Pick<Network, 'assign' | 'withdraw'>,
    clock: Clock,
    removeLeft?: () => void,
  ) {
    this.#network = network;
    this.#clock = clock;
    this.#removeLeft = removeLeft;
  }

  /** The address itself is the gate. */
  open(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async hold(linkIndex: number, vip: Vip, deadline: Instant): Promise<boolean> {
    let armed = false;
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const seconds = lifetimeSeconds(deadline, this.#clock.now());
      if (seconds < 1) break;
      await this.#network.assign(linkIndex, vip, seconds);
      armed = true;
      // Lifetimes are relative: a pause on the way makes them end late. Look at the clock again.
      if (!endsTooLate(deadline, this.#clock.now(), seconds)) return true;
    }
    if (armed) await this.#network.withdraw(linkIndex, vip);
    return false;
  }

  rearmAt(deadline: Instant): Instant | undefined {
    return rearmAt(deadline, this.#clock.now());
  }

  /** There is nothing to shut but the address, which `end` takes away. */
  shut(): Promise<void> {
    return Promise.resolve();
  }

  forget(): Promise<void> {
    return Promise.resolve();
  }

  /** Lifetimes that were armed behind a millisecond fence outlast the right. */
  guarded(vips: readonly Vip[]): Promise<readonly Vip[]> {
    return Promise.resolve(this.#removeLeft === undefined ? vips : []);
  }

  /** @throws NetworkError */
  async settle(): Promise<void> {
    this.#removeLeft?.();
  }

  async end(linkIndex: number, vip: Vip): Promise<void> {
    await this.#network.withdraw(linkIndex, vip);
  }
}
