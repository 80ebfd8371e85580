/** Work that nobody awaits where it begins: all of it is awaited before the end, or cut short by it. */
export class InFlight {
  readonly #work = new Set<Promise<void>>();
  readonly #cut = new AbortController();
  readonly #onDefect: (error: unknown) => void;

  /** @param onDefect told what work threw that was not cut short: nobody expected it */
  constructor(onDefect: (error: unknown) => void) {
    this.#onDefect = onDefect;
  }

  /** Aborts when the end cannot wait any longer. */
  get signal(): AbortSignal {
    return this.#cut.signal;
  }

  /** Takes charge of work. What it throws is a defect, unless it was cut short. */
  spawn(work: Promise<void>): void {
    const guarded = work
      .catch((error: unknown) => {
        if (!this.signal.aborted) this.#onDefect(error);
      })
      .finally(() => this.#work.delete(guarded));
    this.#work.add(guarded);
  }

  /** Cuts short what is under way. Idempotent. */
  cut(reason: unknown): void {
    this.#cut.abort(reason);
  }

  /** Resolves when nothing is under way, what was begun meanwhile included. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work);
  }
}
