/** Who hears whom: directed loss between a host and everybody else on the LAN. */
export class Lan {
  readonly #deaf = new Set<string>();
  readonly #mute = new Set<string>();
  /** Grows with each change. */
  changes = 0;

  /** @param direction what is lost of what the host would hear or say */
  cut(host: string, direction: 'hears' | 'says' | 'both'): void {
    if (direction !== 'says') this.#deaf.add(host);
    if (direction !== 'hears') this.#mute.add(host);
    this.changes += 1;
  }

  heal(host: string): void {
    this.#deaf.delete(host);
    this.#mute.delete(host);
    this.changes += 1;
  }

  /** Whether any frame passes between the host and anybody, in either direction. */
  reaches(host: string): boolean {
    return !(this.#deaf.has(host) && this.#mute.has(host));
  }
}
