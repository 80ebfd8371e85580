/**
 * Every write of the election: a guarded transaction, harmless when it is applied twice or late.
 * Pure builders; protocol.md names the rule behind each compare.
 */
import { beatPrefix } from './beat.ts';
import type { Claim } from './claim.ts';
import type { Deposing } from './deposing.ts';
import { candidateKey, type Keys } from './keys.ts';
import type { Proving } from './proving.ts';
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
  /**
   * Ours, on this lease, with a lower sequence, and not older than the newest beat that was confirmed:
   * an etcd that was restored to an earlier state fails this compare, whatever its revision is by now.
   */
  | { readonly kind: 'own'; readonly lease: LeaseId; readonly revision: number }
  /** The first beat of a lease where no key stands. */
  | { readonly kind: 'absent' }
  /** The first beat of a lease over our own earlier lease's. */
  | { readonly kind: 'earlier'; readonly lease: LeaseId };

/** A heartbeat key, and the mod revision since which it has been silent (0: it was absent). */
export interface SilentKey {
  readonly node: string;
  readonly revision: number;
}

/** A taking about to be sent. */
export interface Taking {
  readonly group: string;
  /** What it writes. */
  readonly record: HolderRecord;
  /** Mod revision of the record as read. */
  readonly recordRevision: number;
  /** Candidates that stood before us when we last read and must be gone by now. */
  readonly ahead?: readonly Token[] | undefined;
  /** The holder whose silence is the reason. */
  readonly silent?: SilentKey | undefined;
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
      ...(ground.kind === 'own'
        ? [{ key, target: 'mod', op: '>', value: ground.revision - 1 } as const]
        : []),
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

  /**
   * A beat that proves claims (rule 2). When a ranged one fails it reads nothing: an exact one follows
   * at once, which says what has happened.
   */
  beat(
    beat: OutgoingBeat,
    lease: LeaseId,
    ground: BeatGround,
    { exact, newestRecord }: Proving,
  ): Txn {
    const key = this.#keys.holders;
    return {
      compares: [
        ...this.#ground(beat, ground),
        ...exact.flatMap(({ group, token, recordRevision }) => [
          stands(token),
          unchanged(this.#keys.holder(group), recordRevision),
        ]),
        ...(newestRecord === undefined
          ? []
          : [{ key, prefix: true, target: 'mod', op: '<', value: newestRecord + 1 } as const]),
      ],
      success: [this.#put(beat, lease)],
      failure: newestRecord === undefined ? this.#look(exact) : [],
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

  /** The taking is a beat that lists the token and writes the record (rule 9 [H11]). */
  take(
    beat: OutgoingBeat,
    lease: LeaseId,
    ground: BeatGround,
    { group, record, recordRevision, ahead = [], silent }: Taking,
  ): Txn {
    const exact = [{ group, token: record.token, recordRevision }];
    const proof = this.beat(beat, lease, ground, { exact, ranged: [], newestRecord: undefined });
    const holder = this.#keys.holder(group);
    return {
      ...proof,
      compares: [...proof.compares, ...ahead.map(gone), ...this.#silence(silent)],
      success: [...proof.success, { op: 'put', key: holder, value: encodeRecord(record) }],
    };
  }

  /** The heartbeat key is as it was when its silence was counted. */
  #silence(silent: SilentKey | undefined): Compare[] {
    return silent === undefined ? [] : [unchanged(this.#keys.node(silent.node), silent.revision)];
  }

  /** Deletes a silent leader and the dead behind it (rules 7, 10, 11). */
  depose(
    group: string,
    { victims, silent }: Deposing,
    recordRevision: number,
    deposed: HolderRecord | undefined,
  ): Txn {
    const record = this.#keys.holder(group);
    return {
      compares: [
        ...victims.map(stands),
        ...this.#silence(silent),
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
