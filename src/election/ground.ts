import { beatPrefix } from './beat.ts';
import type { Compare, LeaseId } from './store.ts';

/** Our heartbeat key stands, on this session's lease. */
export interface OwnGround {
  readonly kind: 'own';
  readonly lease: LeaseId;
  /** Its create revision: who deletes it and who puts it anew cannot bring that back. */
  readonly created: number;
  /** Not older than this mod revision, of the newest beat that was confirmed. */
  readonly revision: number;
}

/** What the heartbeat key must be for a beat to be written over it. */
export type BeatGround =
  /**
   * Ours, in the life in which we know it, with a lower sequence, and not older than the newest beat
   * that was confirmed: an etcd that was restored to an earlier state fails this compare, whatever its
   * revision is by now.
   */
  | OwnGround
  /** No key stands: the first beat of a lease, or somebody has deleted it. */
  | { readonly kind: 'absent' }
  /** The first beat of a lease over our own earlier lease's. */
  | { readonly kind: 'earlier'; readonly lease: LeaseId; readonly created: number };

/** An overtaken beat changes nothing; neither does one over another node of our name (rule 2). */
export function groundCompares(key: string, seq: number, ground: BeatGround): Compare[] {
  if (ground.kind === 'absent') return [{ key, target: 'create', op: '=', value: 0 }];
  const compares: Compare[] = [
    { key, target: 'value', op: '<', value: beatPrefix(seq) },
    { key, target: 'lease', op: '=', value: ground.lease },
    { key, target: 'create', op: '=', value: ground.created },
  ];
  if (ground.kind === 'own') {
    compares.push({ key, target: 'mod', op: '>', value: ground.revision - 1 });
  }
  return compares;
}

/** The ground that a beat leaves which was sent over `ground` and applied at `revision`. */
export function groundAfter(ground: BeatGround, lease: LeaseId, revision: number): OwnGround {
  const created = ground.kind === 'absent' ? revision : ground.created;
  return { kind: 'own', lease, created, revision };
}

/** What is known of our key when answers come in any order. */
export function laterGround(known: BeatGround, found: OwnGround): OwnGround {
  if (known.kind !== 'own' || known.lease !== found.lease) return found;
  if (known.created !== found.created) return known.created > found.created ? known : found;
  return known.revision > found.revision ? known : found;
}
