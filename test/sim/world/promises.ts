import type { Txn } from '../../../src/election/store.ts';
import type { Host } from '../host/host.ts';
import type { Process } from '../host/process.ts';
import { sentBeat } from '../host/sent.ts';

/** An adaptive host whose beat has failed promises the longest at once: the next one may be late, too. */
export class Promises {
  /** Processes whose last beat has failed, and when, by their own clocks. */
  readonly #failed = new Map<Process, number>();

  /** A beat was refused, or not answered in time. */
  failed({ process, machine }: Host): void {
    if (process !== undefined) this.#failed.set(process, machine.now());
  }

  /** @returns what is wrong with a transaction that is being sent */
  sent(host: Host, { success }: Txn): string | undefined {
    const { process, machine, daemon, options } = host;
    const beat = sentBeat(success)?.beat;
    const failedAt = process === undefined ? undefined : this.#failed.get(process);
    if (beat === undefined || process === undefined || failedAt === undefined) return undefined;
    this.#failed.delete(process);
    const { shortest, holdForMs = 0 } = daemon?.timing ?? {};
    // What was taken by another configuration keeps its ceiling [H5].
    const all = [...options.timings, ...(options.retimes ?? []).map(({ timing }) => timing)];
    const same = all.every((each) => each.shortest !== undefined && each.holdForMs === holdForMs);
    if (shortest === undefined || !same || beat.holdForMs >= holdForMs) return undefined;
    // It is calm again.
    if (machine.now() - failedAt >= (options.calmMs ?? 0)) return undefined;
    return `promises ${beat.holdForMs} ms after a beat that failed`;
  }
}
