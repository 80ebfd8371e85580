/**
 * The epoch: one key that tells of the writes of all holder records. A record that somebody deletes
 * leaves nothing behind that a ranged proof would see.
 */
import type { Keys } from './keys.ts';
import { encodeRecord, type HolderRecord } from './record.ts';
import type { Compare, Operation } from './store.ts';

/** Every write of a record also writes the epoch. */
export function recordWrites(keys: Keys, group: string, record: HolderRecord): Operation[] {
  return [
    { op: 'put', key: keys.holder(group), value: encodeRecord(record) },
    { op: 'put', key: keys.epoch, value: group },
  ];
}

/** No record was written, nor the epoch deleted, after `revision`. */
export function noneSince({ holders, epoch }: Keys, revision: number): Compare[] {
  return [
    { key: holders, prefix: true, target: 'mod', op: '<', value: revision + 1 },
    { key: epoch, target: 'mod', op: '<', value: revision + 1 },
    { key: epoch, target: 'mod', op: '>', value: 0 },
  ];
}
