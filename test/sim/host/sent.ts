import { decodeBeat, type Beat } from '../../../src/election/beat.ts';
import { Keys } from '../../../src/election/keys.ts';
import type { Operation } from '../../../src/election/store.ts';
import { PREFIX } from './daemon.ts';

const keys = new Keys(PREFIX);

/** A heartbeat as a transaction writes it. */
export interface SentBeat {
  readonly key: string;
  readonly beat: Beat;
}

/** The last operations that were asked for: each oracle asks for the same, one after the other. */
let last: readonly Operation[] | undefined;
let found: SentBeat | undefined;

/** The heartbeat that operations write, by anyone; undefined when none does or nobody can read it. */
export function sentBeat(operations: readonly Operation[]): SentBeat | undefined {
  if (operations !== last) {
    found = look(operations);
    last = operations;
  }
  return found;
}

function look(operations: readonly Operation[]): SentBeat | undefined {
  for (const each of operations) {
    if (each.op !== 'put' || !each.key.startsWith(keys.nodes)) continue;
    const beat = decodeBeat(each.value);
    return beat === undefined ? undefined : { key: each.key, beat };
  }
  return undefined;
}
