import { decodeBeat } from './beat.ts';
import { standingOf, type Claim, type Loss, type Standing } from './claim.ts';
import type { BeatGround } from './ground.ts';
import { decodeRecord } from './record.ts';
import type { Self } from './situation.ts';
import type { KeyValue, TxnReply } from './store.ts';

/** What a beat found out. */
export interface BeatFinding {
  /** Another node writes under our name, or wrote last. */
  readonly nameTaken: KeyValue | undefined;
  /** etcd refused the write because our lease is no more: every key on it is gone. */
  readonly leaseGone: boolean;
  /** Claims that stand no more, and how they ended. */
  readonly lost: readonly Loss[];
  /** etcd has forgotten a beat that it had confirmed: how we know (rule 16). */
  readonly regressed: string | undefined;
  /** A claim is still to be proved: beat again at once [A8]. */
  readonly again: boolean;
  /** A token is to be taken anew: decide at once. */
  readonly anew: boolean;
}

/** Nothing that must be told. */
export const NOTHING: BeatFinding = {
  nameTaken: undefined,
  leaseGone: false,
  lost: [],
  regressed: undefined,
  again: false,
  anew: false,
};

/** The findings of a beat that took several transactions. */
export function together(findings: readonly BeatFinding[]): BeatFinding {
  return {
    nameTaken: findings.find((each) => each.nameTaken !== undefined)?.nameTaken,
    leaseGone: findings.some((each) => each.leaseGone),
    lost: findings.flatMap((each) => each.lost),
    regressed: findings.find((each) => each.regressed !== undefined)?.regressed,
    again: findings.some((each) => each.again),
    anew: findings.some((each) => each.anew),
  };
}

/** Who wrote the heartbeat key that stands under our name. */
export type Writer = BeatGround | { readonly kind: 'other'; readonly kv: KeyValue };

export function writerOf(self: Self, kv: KeyValue | undefined): Writer {
  if (kv === undefined) return { kind: 'absent' };
  const { lease, createRevision: created, modRevision: revision } = kv;
  if (lease === self.lease) return { kind: 'own', lease, created, revision };
  const beat = decodeBeat(kv.value);
  const ours = beat?.identity === self.identity && beat.bootId === self.bootId;
  return ours ? { kind: 'earlier', lease, created } : { kind: 'other', kv };
}

/** How each of the claims stands, from the keys that the else-branch of their beat read. */
export function standingsOf({ results }: TxnReply, claims: readonly Claim[]): Standing[] {
  return claims.map((claim, index) => {
    const key = results[1 + 2 * index]?.kvs[0];
    const kv = results[2 + 2 * index]?.kvs[0];
    const record = kv === undefined ? undefined : decodeRecord(kv.value);
    return standingOf(claim, key?.createRevision, kv?.modRevision ?? 0, record);
  });
}
