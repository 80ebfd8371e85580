/**
 * Every write of the election: a guarded transaction, harmless when it is applied twice or late.
 * Pure builders; protocol.md names the rule behind each compare.
 */
import type { Claim } from './claim.ts';
import { gone, onLease, stands, unchanged } from './compares.ts';
import type { Deposing } from './deposing.ts';
import { noneSince, recordWrites } from './epoch.ts';
import { groundCompares, type BeatGround } from './ground.ts';
import type { Way } from './heir.ts';
import { candidateKey, type Keys } from './keys.ts';
import type { Proving } from './proving.ts';
import type { HolderRecord, Token } from './record.ts';
import type { Compare, LeaseId, Operation, Txn } from './store.ts';
import type { Candidate } from './view.ts';

/** A beat about to be sent. */
export interface OutgoingBeat {
  readonly seq: number;
  readonly value: string;
}

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

  #ground(beat: OutgoingBeat, ground: BeatGround): Compare[] {
    return groundCompares(this.#nodeKey, beat.seq, ground);
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
    return {
      compares: [
        ...this.#ground(beat, ground),
        ...exact.flatMap(({ group, token, recordRevision }) => [
          stands(token),
          unchanged(this.#keys.holder(group), recordRevision),
        ]),
        ...(newestRecord === undefined ? [] : noneSince(this.#keys, newestRecord)),
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
      compares: [...this.#ground(beat, ground), ...keys.map((key) => gone({ key }))],
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
    return {
      ...proof,
      compares: [
        ...proof.compares,
        onLease(record.token, lease),
        ...ahead.map(gone),
        ...this.#silence(silent ? [silent] : []),
      ],
      success: [...proof.success, ...recordWrites(this.#keys, group, record)],
    };
  }

  /** These heartbeat keys are as they were when their silence was counted. */
  #silence(silent: readonly SilentKey[]): Compare[] {
    return silent.map(({ node, revision }) => unchanged(this.#keys.node(node), revision));
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
        ...(deposed === undefined ? [] : recordWrites(this.#keys, group, deposed)),
      ],
      failure: [],
    };
  }

  /**
   * Ends our hold: deletes the key, and those of the dead behind it or of all ahead of an heir, and
   * writes `released` (rule 13).
   */
  release(claim: Claim, released: HolderRecord, { candidates, silent, heir }: Way): Txn {
    const record = this.#keys.holder(claim.group);
    return {
      compares: [
        stands(claim.token),
        unchanged(record, claim.recordRevision),
        ...candidates.map(stands),
        ...this.#silence(silent),
        ...(heir === undefined ? [] : [stands(heir)]),
      ],
      success: [
        { op: 'delete', key: claim.token.key },
        ...candidates.map((each): Operation => ({ op: 'delete', key: each.key })),
        ...recordWrites(this.#keys, claim.group, released),
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
    return this.#mark(group, leader, recordRevision, record);
  }

  /** Says that nothing is known of a holder where there is no record: from then on there is one. */
  markUnknown(group: string, own: Token, record: HolderRecord): Txn {
    return this.#mark(group, own, 0, record);
  }

  #mark(group: string, standing: Token, recordRevision: number, record: HolderRecord): Txn {
    return {
      compares: [stands(standing), unchanged(this.#keys.holder(group), recordRevision)],
      success: recordWrites(this.#keys, group, record),
      failure: [],
    };
  }
}
