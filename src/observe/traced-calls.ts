import type { ElectorEvent, Emit } from '../events.ts';

type CallEvent = Extract<ElectorEvent, { type: 'call' }>;

/** Tells of each call over one seam when it is sent and when its answer is there. */
export class TracedCalls {
  readonly #seam: CallEvent['seam'];
  readonly #emit: Emit;
  #count = 0;

  constructor(seam: CallEvent['seam'], emit: Emit) {
    this.#seam = seam;
    this.#emit = emit;
  }

  /** Makes a call, and settles as it does. */
  async told<T>(call: string, about: readonly string[], make: () => Promise<T>): Promise<T> {
    this.#count += 1;
    const number = this.#count;
    const tell = (phase: CallEvent['phase']): void =>
      this.#emit({ type: 'call', seam: this.#seam, call, number, phase, about });
    tell('sent');
    try {
      const answer = await make();
      tell('answered');
      return answer;
    } catch (error) {
      tell('failed');
      throw error;
    }
  }
}
