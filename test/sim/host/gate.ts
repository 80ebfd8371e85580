import { NetworkError } from '../../../src/network/network-error.ts';
import type { Vip } from '../../../src/network/types.ts';
import type { Gate, GateLink } from '../../../src/fencing/gate.ts';
import type { Rng } from '../engine/rng.ts';
import { STEP_MS, type Kernel } from './kernel.ts';
import type { Process } from './process.ts';

/**
 * The millisecond fence as one process has it: one call after the other, each with its effect a step
 * later. Real calls are done when they return; only a pause of the process can come between.
 */
export class SimGate implements Gate {
  readonly #kernel: Kernel;
  readonly #process: Process;
  readonly #rng: Rng;
  /** What it had the kernel manage, or found managed. */
  readonly #known: Set<string>;
  #flushes: number;
  /** True time of the last effect: the next comes no earlier. */
  #lastAt = 0;

  constructor(kernel: Kernel, process: Process, rng: Rng) {
    this.#kernel = kernel;
    this.#process = process;
    this.#rng = rng;
    this.#known = new Set(kernel.tables.managed);
    this.#flushes = kernel.tables.flushes;
  }

  open(_link: GateLink, vips: readonly Vip[], timeoutMs: number): Promise<void> {
    const { tables } = this.#kernel;
    this.#kernel.onOpen();
    const asked = this.#kernel.machine.now();
    return this.#call('open', () => {
      const late = this.#kernel.noteDelay(asked);
      for (const { address } of vips) {
        this.#known.add(address);
        tables.manage(address);
        tables.renew(address, timeoutMs, late);
      }
    });
  }

  shut(vips: readonly Vip[]): Promise<void> {
    const { tables } = this.#kernel;
    return this.#call('shut', () => {
      for (const { address } of vips) tables.shut(address);
    });
  }

  forget(vips: readonly Vip[]): Promise<void> {
    return this.#call('forget', () => this.#release(vips.map(({ address }) => address)));
  }

  managed(vips: readonly Vip[]): Promise<readonly Vip[]> {
    const { managed } = this.#kernel.tables;
    return Promise.resolve(vips.filter(({ address }) => managed.has(address)));
  }

  forgetAllBut(vips: readonly Vip[]): Promise<void> {
    const stay = new Set(vips.map(({ address }) => address));
    return this.#call('settle', () =>
      this.#release([...this.#kernel.tables.managed].filter((address) => !stay.has(address))),
    );
  }

  #release(addresses: readonly string[]): void {
    for (const address of addresses) {
      this.#known.delete(address);
      this.#kernel.tables.release(address);
    }
  }

  #call(name: string, act: () => void): Promise<void> {
    const { trouble, machine } = this.#kernel;
    const at = Math.max(machine.scheduler.now + this.#rng.next() * STEP_MS, this.#lastAt);
    this.#lastAt = at;
    return new Promise((resolve, reject) => {
      this.#process.message(at - machine.scheduler.now, () => {
        if (trouble === 'refuses' && name === 'open') {
          reject(new NetworkError(name, 'EPERM'));
          return;
        }
        if (trouble === 'ignores') this.#kernel.ignore();
        else {
          this.#repair();
          act();
        }
        // A real one that finds no answer does not wait for it.
        const settle =
          trouble === 'ignores' || trouble === 'loses-answers'
            ? () => reject(new NetworkError(name, 'TIMEOUT'))
            : resolve;
        this.#process.message(this.#rng.next() * STEP_MS, settle);
      });
    });
  }

  /** Tables that somebody removed are made anew: shut is what they manage, until it is opened. */
  #repair(): void {
    const { tables } = this.#kernel;
    if (tables.flushes === this.#flushes) return;
    this.#flushes = tables.flushes;
    for (const address of this.#known) tables.manage(address);
  }
}
