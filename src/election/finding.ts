import { decodeBeat } from './beat.ts';
import { lossOf, type Claim, type Loss } from './claim.ts';
import { decodeRecord } from './record.ts';
import type { Self } from './situation.ts';
import type { KeyValue, LeaseId, TxnReply } from './store.ts';

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
}

/** Nothing that must be told. */
export const NOTHING: BeatFinding = {
  nameTaken: undefined,
  leaseGone: false,
  lost: [],
  regressed: undefined,
  again: false,
};

/** The findings of a beat that took several transactions. */
export function together(findings: readonly BeatFinding[]): BeatFinding {
  return {
    nameTaken: findings.find((each) => each.nameTaken !== undefined)?.nameTaken,
    leaseGone: findings.some((each) => each.leaseGone),
    lost: findings.flatMap((each) => each.lost),
    regressed: findings.find((each) => each.regressed !== undefined)?.regressed,
    again: findings.some((each) => each.again),
  };
}

/** Who wrote the heartbeat key that stands under our name. */
export type Writer =
  | { readonly kind: 'nobody' }
  /** We, on this lease. */
  | { readonly kind: 'own'; readonly revision: number }
  /** We, on an earlier lease of this boot. */
  | { readonly kind: 'earlier'; readonly lease: LeaseId }
  | { readonly kind: 'other'; readonly kv: KeyValue };

export function writerOf(self: Self, kv: KeyValue | undefined): Writer {
  if (kv === undefined) return { kind: 'nobody' };
  if (kv.lease === self.lease) return { kind: 'own', revision: kv.modRevision };
  const beat = decodeBeat(kv.value);
  const ours = beat?.identity === self.identity && beat.bootId === self.bootId;
  return ours ? { kind: 'earlier', lease: kv.lease } : { kind: 'other', kv };
}

/** Which of the claims stand no more, from the keys that the else-branch of their beat read. */
export function lossesOf({ results }: TxnReply, claims: readonly Claim[]): Loss[] {
  return claims.flatMap((claim, index) => {
    const key = results[1 + 2 * index]?.kvs[0];
    const kv = results[2 + 2 * index]?.kvs[0];
    const record = kv === undefined ? undefined : decodeRecord(kv.value);
    const loss = lossOf(claim, key?.createRevision, kv?.modRevision ?? 0, record);
    return loss === undefined ? [] : [loss];
  });
}
