/**
 * Every write of the election: a guarded transaction, harmless when it is applied twice or late.
 * Pure builders; protocol.md names the rule behind each compare.
 */
import { beatPrefix } from './beat.ts';
import type { Deposing } from './deposing.ts';
import { candidateKey, type Keys } from './keys.ts';
import { encodeRecord, type HolderRecord, type Token } from './record.ts';
import type { Compare, LeaseId, Operation, Txn } from './store.ts';
import type { Candidate } from './view.ts';

/** A beat about to be sent. */
export interface OutgoingBeat {
  readonly seq: number;
  readonly value: string;
}

/** What the heartbeat key must be for a beat to be written over it. */
export type BeatGround =
  /** Ours, on this lease, with a lower sequence. */
  | { readonly kind: 'own'; readonly lease: LeaseId }
  /** The first beat of a lease where no key stands. */
  | { readonly kind: 'absent' }
  /** The first beat of a lease over our own earlier lease's. */
  | { readonly kind: 'earlier'; readonly lease: LeaseId };

/** A token to be proved: its key stands, and its group's record is as its taking left it. */
export interface Claim {
  readonly group: string;
  readonly token: Token;
  /** Mod revision of the record as the taking wrote it. */
  readonly recordRevision: number;
}

const stands = (token: Token): Compare => ({
  key: token.key,
  target: 'create',
  op: '=',
  value: token.createRevision,
});

const gone = ({ key }: Token): Compare => ({ key, target: 'create', op: '=', value: 0 });

const unchanged = (key: string, revision: number): Compare => ({
  key,
  target: 'mod',
  op: '=',
  value: revision,
});

/** Builds the transactions of one node. */
export class Transactions {
  readonly #keys: Keys;
  readonly #node: string;
  constructor(keys: Keys, node: string) {
    this.#keys = keys;
    this.#node = node;
  }

  get #nodeKey(): string {
    return this.#keys.node(this.#node);
  }

  /** An overtaken beat changes nothing; neither does one over another node of our name (rule 2). */
  #ground(beat: OutgoingBeat, ground: BeatGround): Compare[] {
    const key = this.#nodeKey;
    if (ground.kind === 'absent') return [{ key, target: 'create', op: '=', value: 0 }];
    return [
      { key, target: 'value', op: '<', value: beatPrefix(beat.seq) },
      { key, target: 'lease', op: '=', value: ground.lease },
    ];
  }

  #put(beat: OutgoingBeat, lease: LeaseId): Operation {
    return { op: 'put', key: this.#nodeKey, value: beat.value, lease };
  }

  /** The heartbeat key first, then key and record of each claim: what a failed compare must be told. */
  #look(claims: readonly Claim[]): Operation[] {
    return [
      { op: 'range', key: this.#nodeKey },
      ...claims.flatMap(({ group, token }): Operation[] => [
        { op: 'range', key: token.key },
        { op: 'range', key: this.#keys.holder(group) },
      ]),
    ];
  }

  /** A beat that proves `claims` (rule 2). */
  beat(beat: OutgoingBeat, lease: LeaseId, ground: BeatGround, claims: readonly Claim[]): Txn {
    return {
      compares: [
        ...this.#ground(beat, ground),
        ...claims.flatMap(({ group, token, recordRevision }) => [
          stands(token),
          unchanged(this.#keys.holder(group), recordRevision),
        ]),
      ],
      success: [this.#put(beat, lease)],
      failure: this.#look(claims),
    };
  }

  /** Candidate keys and a beat in one transaction [H13]. `elections`: where each stands. */
  enqueue(
    beat: OutgoingBeat,
    lease: LeaseId,
    ground: BeatGround,
    elections: readonly string[],
  ): Txn {
    const keys = elections.map((election) => candidateKey(election, lease));
    return {
      compares: [
        ...this.#ground(beat, ground),
        ...keys.map((key): Compare => ({ key, target: 'create', op: '=', value: 0 })),
      ],
      success: [
        ...keys.map((key): Operation => ({ op: 'put', key, value: this.#node, lease })),
        this.#put(beat, lease),
      ],
      failure: this.#look([]),
    };
  }

  /**
   * The taking is a beat that lists the token and writes the record (rule 9 [H11]).
   * @param ahead candidates that stood before us when we last read and must be gone by now
   */
  take(
    beat: OutgoingBeat,
    lease: LeaseId,
    group: string,
    record: HolderRecord,
    recordRevision: number,
    ahead: readonly Token[] = [],
  ): Txn {
    const claim = { group, token: record.token, recordRevision };
    const proof = this.beat(beat, lease, { kind: 'own', lease }, [claim]);
    const holder = this.#keys.holder(group);
    return {
      ...proof,
      compares: [...proof.compares, ...ahead.map(gone)],
      success: [...proof.success, { op: 'put', key: holder, value: encodeRecord(record) }],
    };
  }

  /** Deletes a silent leader and the dead behind it (rules 7, 10, 11). */
  depose(
    group: string,
    { victims, silent }: Deposing,
    recordRevision: number,
    deposed: HolderRecord | undefined,
  ): Txn {
    const record = this.#keys.holder(group);
    const silentKey = silent === undefined ? undefined : this.#keys.node(silent.node);
    return {
      compares: [
        ...victims.map(stands),
        ...(silentKey === undefined ? [] : [unchanged(silentKey, silent?.revision ?? 0)]),
        unchanged(record, recordRevision),
      ],
      success: [
        ...victims.map((victim): Operation => ({ op: 'delete', key: victim.key })),
        // Only when the record names a token whose key goes with it [H1].
        ...(deposed === undefined
          ? []
          : [{ op: 'put', key: record, value: encodeRecord(deposed) } as const]),
      ],
      failure: [],
    };
  }

  /** Ends our hold: deletes the key, and those of the dead behind it, and writes `released` (rule 13). */
  release(claim: Claim, released: HolderRecord, dead: readonly Candidate[]): Txn {
    const record = this.#keys.holder(claim.group);
    return {
      compares: [stands(claim.token), unchanged(record, claim.recordRevision), ...dead.map(stands)],
      success: [
        { op: 'delete', key: claim.token.key },
        ...dead.map((each): Operation => ({ op: 'delete', key: each.key })),
        { op: 'put', key: record, value: encodeRecord(released) },
      ],
      failure: [],
    };
  }

  /** Deletes a candidate key of ours and nothing else. */
  dequeue(token: Token): Txn {
    return {
      compares: [stands(token)],
      success: [{ op: 'delete', key: token.key }],
      failure: [],
    };
  }

  /** Says in the record that a foreign candidate leads [H8]. */
  markForeign(group: string, leader: Candidate, recordRevision: number, record: HolderRecord): Txn {
    const key = this.#keys.holder(group);
    return {
      compares: [stands(leader), unchanged(key, recordRevision)],
      success: [{ op: 'put', key, value: encodeRecord(record) }],
      failure: [],
    };
  }
}
