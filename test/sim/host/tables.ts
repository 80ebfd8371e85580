import { RENEWAL } from '../../../src/fencing/nftables/renewal.ts';
import type { Machine } from './machine.ts';
import type { Rng } from '../engine/rng.ts';
import type { SimEvent } from '../engine/scheduler.ts';

/** An element of a set ends this early and this late, in milliseconds (reliability.md §3.3). */
const EARLIEST_MS = -4;
const LATEST_MS = 12;

/** The clock has been looked at again by then, in milliseconds, if nothing stands in the way. */
export const SEEN_WITHIN_MS = 6;

/** An element that stands for an open VIP. */
interface OpenElement {
  /** Kernel time had stood still so often when it was added. */
  readonly standstills: number;
  /** True time at which it was added, if a pause of the process had held that up. */
  readonly lateAt: number | undefined;
  readonly expiry: SimEvent;
}

/**
 * The millisecond fence in one machine's kernel: which addresses are managed, and until when each is
 * open, by jiffies, which stand still with the machine. It outlives the process, not the boot.
 */
export class Tables {
  readonly #machine: Machine;
  readonly #rng: Rng;
  readonly #managed = new Set<string>();
  readonly #open = new Map<string, OpenElement>();
  /** Addresses that nothing guards since somebody removed the tables. */
  readonly #bared = new Set<string>();
  /** Grows with each address that is shut or not any more. */
  changes = 0;
  /** Somebody else's doing: whoever made them knows that its tables are gone when it next calls. */
  flushes = 0;

  /** Called when an element has ended by itself. */
  onExpired: (address: string, armedAt: number) => void = () => undefined;

  constructor(machine: Machine, rng: Rng) {
    this.#machine = machine;
    this.#rng = rng;
  }

  get managed(): ReadonlySet<string> {
    return this.#managed;
  }

  /** Whether the host neither answers for the address nor announces it. */
  isShut(address: string): boolean {
    return this.#managed.has(address) && !this.#open.has(address);
  }

  /** Nothing guards it since somebody removed the tables. */
  isBared(address: string): boolean {
    return this.#bared.has(address);
  }

  /**
   * Whether an open element, or the lack of a fence, may outlast what it was made for.
   * @param stoppedAt true time since when its process has done nothing: it may not have looked at the clock
   *   again
   */
  isAstray(address: string, standstills: number, stoppedAt: number): boolean {
    if (this.#bared.has(address)) return true;
    const element = this.#open.get(address);
    if (element === undefined) return false;
    const unseen = stoppedAt - (element.lateAt ?? -Infinity) <= SEEN_WITHIN_MS;
    return unseen || element.standstills !== standstills;
  }

  manage(address: string): void {
    this.#bared.delete(address);
    if (this.#managed.has(address)) return;
    this.#managed.add(address);
    this.changes += 1;
  }

  /**
   * Opens an address for so long, as src/fencing/nftables/set.ts does.
   * @param late a pause of the process had held that up
   */
  renew(address: string, timeoutMs: number, late: boolean): void {
    const wasOpen = this.#open.has(address);
    for (const step of RENEWAL) {
      if (step === 'add') this.#add(address, timeoutMs, late);
      else this.#delete(address);
    }
    if (!wasOpen) this.changes += 1;
  }

  /** An element that is there keeps its end. */
  #add(address: string, timeoutMs: number, late: boolean): void {
    if (this.#open.has(address)) return;
    const { standstills, boot, scheduler } = this.#machine;
    const armedAt = scheduler.now;
    const lateMs = this.#rng.between(EARLIEST_MS, LATEST_MS);
    const expiry = this.#machine.timer(timeoutMs + lateMs, () => {
      if (this.#machine.boot !== boot) return;
      this.shut(address);
      this.onExpired(address, armedAt);
    });
    this.#open.set(address, { standstills, expiry, lateAt: late ? armedAt : undefined });
  }

  #delete(address: string): boolean {
    const element = this.#open.get(address);
    if (element !== undefined) element.expiry.cancelled = true;
    return this.#open.delete(address);
  }

  shut(address: string): void {
    if (this.#delete(address)) this.changes += 1;
  }

  release(address: string): void {
    this.#delete(address);
    this.#bared.delete(address);
    if (this.#managed.delete(address)) this.changes += 1;
  }

  /** Somebody else's `nft flush ruleset`. */
  flush(): void {
    for (const address of this.#managed) this.#bared.add(address);
    this.#forgetAll();
    this.flushes += 1;
  }

  /** The machine lost its power. */
  cutPower(): void {
    this.#forgetAll();
    this.#bared.clear();
  }

  #forgetAll(): void {
    for (const address of this.#open.keys()) this.#delete(address);
    this.#managed.clear();
    this.changes += 1;
  }
}
