import { decodeBeat } from '../../../src/election/beat.ts';
import type { KeyValue, Txn } from '../../../src/election/store.ts';
import type { Machine } from '../host/machine.ts';
import { sentBeat } from '../host/sent.ts';
import type { Invariant } from './violation.ts';

/** For the rounding of promises to whole milliseconds. */
const TOLERANCE_MS = 1;

/**
 * What the beats of one life of a machine keep to, whatever the daemon thinks: what is written never
 * has a lower sequence than what was (protocol.md rule 2), and no promise ends before an earlier one
 * (rule 4).
 */
export class BeatOrder {
  readonly #sequences = new Map<string, number>();
  readonly #ends = new Map<string, number>();
  readonly #sent = new Map<string, number>();

  /** The store went back in time. */
  onRestore(): void {
    this.#sequences.clear();
  }

  /** Somebody deleted a heartbeat: nothing is left that one to come could be compared with. */
  deleted(key: string): void {
    for (const life of this.#sequences.keys()) {
      if (life.startsWith(`${key} `)) this.#sequences.delete(life);
    }
  }

  /** @returns what is wrong with a heartbeat as it was written */
  written({ key, value }: KeyValue): string | undefined {
    const beat = decodeBeat(value);
    if (beat === undefined) return undefined;
    const { identity, bootId, seq } = beat;
    const life = `${key} ${identity} ${bootId}`;
    const last = this.#sequences.get(life);
    this.#sequences.set(life, seq);
    return last !== undefined && seq <= last ? `${key}: ${seq} after ${last}` : undefined;
  }

  /** @returns what is wrong with the beat of a transaction as it is sent */
  sent({ success }: Txn, machine: Machine): [Invariant, string][] {
    const sent = sentBeat(success);
    if (sent === undefined) return [];
    const { beat, key } = sent;
    const life = `${beat.identity} ${beat.bootId}`;
    const found: [Invariant, string][] = [];
    // Over all lives of the daemon on this boot: a late one of an earlier life must be overtaken.
    const lastSeq = this.#sent.get(life) ?? 0;
    this.#sent.set(life, Math.max(lastSeq, beat.seq));
    if (beat.seq <= lastSeq) found.push(['beat-overtaken', `sends ${beat.seq} after ${lastSeq}`]);
    const end = machine.now() + beat.holdForMs;
    const last = this.#ends.get(life) ?? 0;
    this.#ends.set(life, Math.max(last, end));
    if (end < last - TOLERANCE_MS) {
      found.push(['promise-moved-back', `${key} promises until ${end}, and had until ${last}`]);
    }
    return found;
  }
}
