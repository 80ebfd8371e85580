import type { Clock } from '../clock.ts';
import type { Fault } from './machine.ts';

/** After a link refused an address: stay out this long, twice as long each time, up to the maximum. */
const BACK_OFF_MIN_MS = 1000;
const BACK_OFF_MAX_MS = 60_000;

/** In the order in which they count. */
const SOURCES = ['name', 'drained', 'back-off', 'link', 'conflict', 'health'] as const;
export type FaultSource = (typeof SOURCES)[number];

/** What keeps a group from being held here, by its source; the first one counts. */
export class Faults {
  readonly #clock: Clock;
  readonly #onChange: (fault: Fault | undefined) => void;
  readonly #bySource = new Map<FaultSource, Fault>();
  #told: Fault | undefined;
  #backOffMs = BACK_OFF_MIN_MS;
  #cancelBackOff: (() => void) | undefined;

  /** @param onChange told of each change of the fault that counts */
  constructor(clock: Clock, onChange: (fault: Fault | undefined) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The fault that counts. */
  get first(): Fault | undefined {
    const source = SOURCES.find((each) => this.#bySource.has(each));
    return source === undefined ? undefined : this.#bySource.get(source);
  }

  set(source: FaultSource, fault: Fault | undefined): void {
    if (fault === undefined) this.#bySource.delete(source);
    else this.#bySource.set(source, fault);
    const { first } = this;
    const told = this.#told;
    if (first?.reason === told?.reason && first?.detail === told?.detail) return;
    this.#told = first;
    this.#onChange(first);
  }

  /** A link refused an address: out for a while that grows. */
  backOff(detail: string): void {
    this.#cancelBackOff?.();
    this.#cancelBackOff = this.#clock.timer(this.#backOffMs, () => this.set('back-off', undefined));
    this.#backOffMs = Math.min(this.#backOffMs * 2, BACK_OFF_MAX_MS);
    this.set('back-off', { reason: 'assign-failed', detail });
  }

  /** The link took the address: the next refusal is a new story. */
  forgive(): void {
    this.#backOffMs = BACK_OFF_MIN_MS;
  }

  /** Cancels the timer. Idempotent. */
  stop(): void {
    this.#cancelBackOff?.();
    this.#cancelBackOff = undefined;
  }
}
