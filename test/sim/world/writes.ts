import { Keys } from '../../../src/election/keys.ts';
import { claims, type Beat } from '../../../src/election/beat.ts';
import { decodeRecord, type HolderRecord } from '../../../src/election/record.ts';
import type { Compare, Operation, Txn } from '../../../src/election/store.ts';
import { PREFIX } from '../host/daemon.ts';
import { sentBeat } from '../host/sent.ts';
import type { Invariant } from './violation.ts';

const keys = new Keys(PREFIX);
const FACTS = `${PREFIX}/facts/`;

/**
 * Every write carries a compare of what it writes, and no else-branch writes. The epoch is written with
 * each record, blindly: its revision is what counts.
 */
export function wrongWrites({ compares, success, failure }: Txn): [Invariant, string][] {
  const found: [Invariant, string][] = [];
  if (failure.some(({ op }) => op !== 'range')) {
    found.push(['unguarded-write', 'writes in the failure branch']);
  }
  const beat = sentBeat(success)?.beat;
  const epoch = success.some(({ op, key }) => op === 'put' && key === keys.epoch);
  for (const operation of success) {
    const { op, key } = operation;
    if (op === 'range') continue;
    if (op === 'put') found.push(...withoutBeat(operation, beat));
    if (key.startsWith(keys.holders) && !epoch) {
      found.push(['unguarded-write', `writes ${key} and not ${keys.epoch}`]);
    }
    if (key === keys.epoch) continue;
    const guarded = key.startsWith(FACTS) ? keys.node(key.slice(FACTS.length)) : key;
    if (!compares.some((compare) => speaksFor(compare, guarded))) {
      found.push(['unguarded-write', `writes ${key}`]);
    }
  }
  return found;
}

/** The records that a transaction writes. */
export function recordsIn({ success }: Txn): HolderRecord[] {
  const records: HolderRecord[] = [];
  for (const each of success) {
    const isRecord = each.op === 'put' && each.key.startsWith(keys.holders);
    const record = isRecord ? decodeRecord(each.value) : undefined;
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** A taking is a beat that lists its token, and so is an enqueueing (rules 1 and 9 [H11, H13]). */
function withoutBeat(
  { key, value }: Operation & { op: 'put' },
  beat: Beat | undefined,
): [Invariant, string][] {
  if (key.startsWith(keys.elections)) {
    return beat === undefined ? [['enqueued-without-beat', `puts ${key}`]] : [];
  }
  if (!key.startsWith(keys.holders)) return [];
  const record = decodeRecord(value);
  if (record?.state !== 'held') return [];
  const group = key.slice(keys.holders.length);
  const listed = beat !== undefined && claims(beat, group, record.token.createRevision);
  return listed ? [] : [['taking-is-no-beat', `takes ${group}`]];
}

function speaksFor(compare: Compare & { prefix?: boolean }, key: string): boolean {
  return compare.prefix === true ? key.startsWith(compare.key) : compare.key === key;
}
