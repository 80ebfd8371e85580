import type { Txn } from '../../../src/election/store.ts';
import type { Host } from '../host/host.ts';
import type { Process } from '../host/process.ts';
import { sentBeat } from '../host/sent.ts';

/** A timer is a millisecond late at most (host/process.ts). */
const LATE_MS = 2;

interface Attempt {
  readonly process: Process | undefined;
  readonly lease: string;
  readonly atMs: number;
  readonly everyMs: number;
  /** It led something then. */
  readonly leads: boolean;
  /** Pauses and standstills that there had been. */
  readonly stops: number;
}

function stopsOf({ process, machine }: Host): number {
  return (process?.pauses ?? 0) + machine.standstills;
}

/** Who leads starts its next beat on time, whatever has become of the last (protocol.md rule 7). */
export class Pace {
  readonly #last = new Map<Host, Attempt>();

  /** A beat that the state file did not let go out was an attempt, too. */
  forgive(host: Host): void {
    this.#last.delete(host);
  }

  /** @returns what is wrong with the moment of a transaction that is being sent */
  sent(host: Host, { success }: Txn): string | undefined {
    const beat = sentBeat(success)?.beat;
    if (beat === undefined) return undefined;
    const { process, machine, daemon } = host;
    const attempt: Attempt = {
      process,
      lease: beat.lease,
      atMs: machine.now(),
      everyMs: beat.beatEveryMs,
      leads: daemon?.controllers.some(({ status }) => status.name === 'leading') === true,
      stops: stopsOf(host),
    };
    const last = this.#last.get(host);
    this.#last.set(host, attempt);
    if (last?.leads !== true || !attempt.leads || last.process !== process) return undefined;
    if (last.lease !== attempt.lease || last.stops !== attempt.stops) return undefined;
    const ms = attempt.atMs - last.atMs;
    // Once a longer promise is confirmed, the next has time.
    const adaptive = daemon?.timing.shortest !== undefined;
    const everyMs = adaptive ? daemon.timing.heartbeatEveryMs : last.everyMs;
    if (ms <= Math.max(everyMs, last.everyMs) + LATE_MS) return undefined;
    return `beats ${ms} ms after its last attempt`;
  }

  /** A right ran out. @returns what is wrong with that, where the time from one beat to the next changes */
  expired(host: Host): string | undefined {
    const { process, machine, daemon, disk } = host;
    const last = this.#last.get(host);
    if (daemon?.timing.shortest === undefined || last?.leads !== true) return undefined;
    if (last.process !== process || last.stops !== stopsOf(host)) return undefined;
    if (disk.saved?.memory.leaseId !== last.lease) return undefined;
    const ms = machine.now() - last.atMs;
    if (ms <= last.everyMs + LATE_MS) return undefined;
    return `lets its right run out, ${ms} ms after its last attempt`;
  }
}
