import { elapsedMs, type Clock, type Instant } from '../clock.ts';
import type { Link } from '../network/types.ts';

/** Carrier must have been back for so long; twice as long after each loss that follows soon. */
const HOLD_DOWN_MIN_MS = 1000;
const HOLD_DOWN_MAX_MS = 16_000;
/** Losses further apart than this are stories of their own. */
const CALM_MS = 60_000;

interface Loss {
  readonly at: Instant;
  readonly holdDownMs: number;
  /** Still counts: the carrier is away, or not back for long enough. */
  down: boolean;
  /** Runs while the carrier is back. */
  cancel: (() => void) | undefined;
}

/**
 * Keeps a group off a link whose carrier comes and goes: the loss counts at once, the return only when it
 * lasts. A cable that flaps then costs one move away and one back. Each link has a story of its own: one
 * that was never lost will do at once.
 */
export class LinkHoldDown {
  readonly #clock: Clock;
  readonly #onOver: () => void;
  /** By index of the link. */
  readonly #losses = new Map<number, Loss>();
  #stopped = false;

  /** @param onOver called when a carrier has been back for long enough: look again */
  constructor(clock: Clock, onOver: () => void) {
    this.#clock = clock;
    this.#onOver = onOver;
  }

  /** The links as they count: without carrier while its return has not lasted. */
  see(links: readonly Link[]): readonly Link[] {
    if (this.#stopped || this.#losses.size === 0) return links;
    for (const [index, loss] of this.#losses) {
      const link = links.find((each) => each.index === index);
      if (link === undefined || (!loss.down && this.#isPast(loss))) this.#forget(index, loss);
      else if (!loss.down) continue;
      else if (hasCarrier(link)) this.#awaitReturn(loss);
      // It went away once more before its return counted.
      else if (loss.cancel !== undefined) this.#count(index);
    }
    return links.map((link) =>
      this.#losses.get(link.index)?.down === true ? { ...link, carrier: false } : link,
    );
  }

  /** The group is off this link, or kept off it, because its carrier is away. Told twice it is one loss. */
  lost({ index }: Link): void {
    if (!this.#stopped && this.#losses.get(index)?.down !== true) this.#count(index);
  }

  #count(index: number): void {
    const before = this.#losses.get(index);
    before?.cancel?.();
    const at = this.#clock.now();
    const soon = before !== undefined && !this.#isPast(before);
    const holdDownMs = soon ? Math.min(before.holdDownMs * 2, HOLD_DOWN_MAX_MS) : HOLD_DOWN_MIN_MS;
    this.#losses.set(index, { at, holdDownMs, down: true, cancel: undefined });
  }

  /** The next loss is a story of its own. */
  #isPast({ at }: Loss): boolean {
    return elapsedMs(at, this.#clock.now()) >= CALM_MS;
  }

  #awaitReturn(loss: Loss): void {
    loss.cancel ??= this.#clock.timer(loss.holdDownMs, () => {
      loss.cancel = undefined;
      loss.down = false;
      this.#onOver();
    });
  }

  #forget(index: number, loss: Loss): void {
    loss.cancel?.();
    this.#losses.delete(index);
  }

  /** Nothing is held down, and no timer runs, from now on. Idempotent. */
  stop(): void {
    this.#stopped = true;
    for (const [index, loss] of this.#losses) this.#forget(index, loss);
  }
}

function hasCarrier({ up, carrier }: Link): boolean {
  return up && carrier;
}
