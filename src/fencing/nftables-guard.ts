import { after, elapsedMs, type Clock, type Instant } from '../clock.ts';
import type { Emit } from '../events.ts';
import type { Link, Network, Vip } from '../network/types.ts';
import type { Gate } from './gate.ts';
import type { KernelGuard } from './kernel-guard.ts';

/**
 * A gate is opened for so much less than what is left of the right: from reading the clock until the
 * kernel has taken the timeout in. Longer when one try was too slow.
 */
const ON_THE_WAY_MS = 5;
const MAX_TRIES = 3;
/** A lifetime that the kernel takes in so late, or a bit less, still ends in time. */
const LIFETIME_LATE_MS = 20;

interface NftablesGuardParts {
  readonly gate: Gate;
  readonly network: Pick<Network, 'assign' | 'withdraw'>;
  readonly clock: Clock;
  readonly emit: Emit;
}

/**
 * The kernel guard of the profiles below a second: a gate that shuts by itself to the millisecond. The
 * address's lifetime is only what cleans up: it outlasts the right, by at most 2 s (design §1).
 */
export class NftablesGuard implements KernelGuard {
  readonly kind = 'nftables' as const;
  readonly #parts: NftablesGuardParts;
  /** When the lifetime of each address ends, by what was armed last. */
  readonly #lifetimes = new Map<string, Instant>();
  /** What is open by us, or was so by a daemon whose addresses we know. */
  readonly #ours = new Set<string>();

  constructor(parts: NftablesGuardParts) {
    this.#parts = parts;
  }

  async open(link: Link, vips: readonly Vip[], deadline: Instant): Promise<boolean> {
    const { gate, clock } = this.#parts;
    for (const { address } of vips) this.#ours.add(address);
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const onTheWayMs = ON_THE_WAY_MS * 2 ** attempt;
      const timeoutMs = Math.floor(elapsedMs(clock.now(), deadline) - onTheWayMs);
      if (timeoutMs < 1) break;
      await gate.open(link, vips, timeoutMs);
      // Timeouts are relative: a pause on the way makes them end late. Look at the clock again.
      if (after(clock.now(), timeoutMs) <= deadline) return true;
    }
    await this.shut(vips);
    return false;
  }

  async hold(linkIndex: number, vip: Vip, deadline: Instant, isThere: boolean): Promise<boolean> {
    const { network, clock } = this.#parts;
    const ends = this.#lifetimes.get(vip.address);
    if (isThere && ends !== undefined && ends >= deadline) return true;
    let armed = false;
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const now = clock.now();
      if (now >= deadline) break;
      const seconds = lifetimeSeconds(deadline, now);
      await network.assign(linkIndex, vip, seconds);
      armed = true;
      this.#lifetimes.set(vip.address, after(now, seconds * 1000));
      const acknowledged = clock.now();
      // A pause on the way makes it end late, or come when the right is over.
      if (acknowledged < deadline && elapsedMs(now, acknowledged) <= LIFETIME_LATE_MS) return true;
    }
    if (armed) await this.end(linkIndex, vip);
    return false;
  }

  /** The gate is open for all of the right, and the lifetime outlasts it. */
  rearmAt(): undefined {
    return undefined;
  }

  async shut(vips: readonly Vip[]): Promise<void> {
    await this.#told(this.#parts.gate.shut(vips));
  }

  async end(linkIndex: number, vip: Vip): Promise<void> {
    this.#lifetimes.delete(vip.address);
    await this.#parts.network.withdraw(linkIndex, vip);
  }

  async forget(vips: readonly Vip[]): Promise<void> {
    // What keeps shut an address that nobody can tell from others' is none of ours to take away.
    const ours = vips.filter(({ address }) => this.#ours.delete(address));
    if (ours.length > 0) await this.#told(this.#parts.gate.forget(ours));
  }

  /** Behind a gate that somebody has removed an address outlasts its right: its lifetime only cleans up. */
  guarded(vips: readonly Vip[]): Promise<readonly Vip[]> {
    return this.#parts.gate.managed(vips);
  }

  settle(stay: readonly Vip[]): Promise<void> {
    for (const { address } of stay) this.#ours.add(address);
    return this.#parts.gate.forgetAllBut(stay);
  }

  /** What cannot be shut is withdrawn all the same, and shuts by itself. */
  async #told(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#parts.emit({ type: 'fence-failed', err: error });
    }
  }
}

/**
 * The whole-second lifetime that ends after the deadline, and with the kernel 1 s late less than 2 s
 * after it.
 */
function lifetimeSeconds(deadline: Instant, now: Instant): number {
  return Math.floor(elapsedMs(now, deadline) / 1000) + 1;
}
