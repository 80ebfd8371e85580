import { elapsedMs, type Clock, type Instant } from '../clock.ts';

/** RFC 5227 §1.1 DEFEND_INTERVAL: whoever does not give up defends no more often than this. */
const DEFEND_INTERVAL_MS = 10_000;
/** Silent for so long, a station has given up. */
const OVER_AFTER_MS = 3 * DEFEND_INTERVAL_MS;
/** Whoever makes up MACs makes us neither work nor remember more than this. */
const STATIONS_MAX = 32;

interface Station {
  readonly address: string;
  readonly mac: string;
  toldAt: Instant;
  heardAt: Instant;
}

/** The stations that were heard to claim our VIPs, and how often each of them is worth a word. */
export class Foreigners {
  readonly #clock: Clock;
  readonly #onOver: (address: string, mac: string) => void;
  readonly #stations = new Map<string, Station>();
  #cancel: (() => void) | undefined;

  /** @param onOver told when a station has been silent for 30 s */
  constructor(clock: Clock, onOver: (address: string, mac: string) => void) {
    this.#clock = clock;
    this.#onOver = onOver;
  }

  /** Notes a claim. Returns whether to act on it: at the first, and then once in 10 s. */
  isNews(address: string, mac: string): boolean {
    const now = this.#clock.now();
    const key = `${address} ${mac}`;
    const station = this.#stations.get(key);
    if (station === undefined) {
      if (this.#stations.size >= STATIONS_MAX) return false;
      this.#stations.set(key, { address, mac, toldAt: now, heardAt: now });
      this.#cancel ??= this.#clock.timer(OVER_AFTER_MS, () => this.#review());
      return true;
    }
    station.heardAt = now;
    if (elapsedMs(station.toldAt, now) < DEFEND_INTERVAL_MS) return false;
    station.toldAt = now;
    return true;
  }

  /** It is one of ours after all: as if it had not been heard. */
  drop(address: string, mac: string): void {
    this.#stations.delete(`${address} ${mac}`);
  }

  /** Whether anybody was heard in the last so many milliseconds. */
  heardWithin(ms: number): boolean {
    const now = this.#clock.now();
    return [...this.#stations.values()].some(({ heardAt }) => elapsedMs(heardAt, now) <= ms);
  }

  #review(): void {
    const now = this.#clock.now();
    this.#cancel = undefined;
    for (const [key, { address, mac, heardAt }] of this.#stations) {
      if (elapsedMs(heardAt, now) < OVER_AFTER_MS) continue;
      this.#stations.delete(key);
      this.#onOver(address, mac);
    }
    if (this.#stations.size === 0) return;
    this.#cancel = this.#clock.timer(OVER_AFTER_MS, () => this.#review());
  }

  /** As if nobody had been heard. Idempotent. */
  forget(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#stations.clear();
  }
}
