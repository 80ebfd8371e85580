import { after, type Instant } from '../clock.ts';

/**
 * Since when a condition has held without a break, as our own reads showed it, and how long it must
 * hold. Each slot remembers one condition at a time: another condition in the same slot starts anew.
 * What the first look said is kept: a promise made later does not shorten the wait for an earlier one.
 */
export class Stamps {
  readonly #slots = new Map<string, { condition: string; due: Instant }>();

  /**
   * When the condition will have held for long enough. `from` and `waitMs` count only at the first
   * look.
   */
  due(slot: string, condition: string, from: Instant, waitMs: number): Instant {
    const known = this.#slots.get(slot);
    if (known?.condition === condition) return known.due;
    const due = after(from, waitMs);
    this.#slots.set(slot, { condition, due });
    return due;
  }

  /** True when the slot remembers this condition. */
  holds(slot: string, condition: string): boolean {
    return this.#slots.get(slot)?.condition === condition;
  }

  /** The condition of the slot does not hold any more. */
  clear(slot: string): void {
    this.#slots.delete(slot);
  }

  clearAll(): void {
    this.#slots.clear();
  }
}
