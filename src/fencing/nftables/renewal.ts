/** What is done to an element of a set. */
export type ElementStep = 'add' | 'delete';

/**
 * What makes an element end so long from now, whether it is there or not, in one batch: adding alone
 * leaves the end of one that is there as it was (measured, reliability.md §3.3), deleting alone is an
 * error where none is. The codec carries it out (set.ts), and so does the simulated kernel.
 */
export const RENEWAL: readonly ElementStep[] = ['add', 'delete', 'add'];
