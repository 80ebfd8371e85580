/** What a transaction asks of one key. */
import type { Token } from './record.ts';
import type { Compare, LeaseId } from './store.ts';

/** The very key stands: not one that was deleted and put anew. */
export function stands({ key, createRevision }: Token): Compare {
  return { key, target: 'create', op: '=', value: createRevision };
}

/** The key is on this lease: not one that somebody has taken off it, for whom nobody waits any more. */
export function onLease({ key }: Pick<Token, 'key'>, lease: LeaseId): Compare {
  return { key, target: 'lease', op: '=', value: lease };
}

/** There is no such key, whatever has stood there. */
export function gone({ key }: Pick<Token, 'key'>): Compare {
  return { key, target: 'create', op: '=', value: 0 };
}

/** Nobody has written the key since. @param revision its mod revision; 0: it is absent */
export function unchanged(key: string, revision: number): Compare {
  return { key, target: 'mod', op: '=', value: revision };
}
