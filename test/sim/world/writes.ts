import { Keys } from '../../../src/election/keys.ts';
import type { Compare, Txn } from '../../../src/election/store.ts';
import { PREFIX } from '../host/daemon.ts';
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
  const epoch = success.some(({ op, key }) => op === 'put' && key === keys.epoch);
  for (const { op, key } of success) {
    if (op === 'range') continue;
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

function speaksFor(compare: Compare & { prefix?: boolean }, key: string): boolean {
  return compare.prefix === true ? key.startsWith(compare.key) : compare.key === key;
}
