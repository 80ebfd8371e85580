import type { Instant } from '../../../src/clock.ts';
import { claims, type Beat } from '../../../src/election/beat.ts';
import { Keys } from '../../../src/election/keys.ts';
import { LONGEST_HOLD_FOR_MS } from '../../../src/election/promise.ts';
import { decodeRecord, sameToken, type Token } from '../../../src/election/record.ts';
import type { Txn, TxnReply } from '../../../src/election/store.ts';
import type { Witness } from '../etcd/client.ts';
import type { Keyspace } from '../etcd/keyspace.ts';
import { PREFIX } from './daemon.ts';
import type { Machine } from './machine.ts';
import { sentBeat } from './sent.ts';

/** How long a machine may hold a group by what etcd has confirmed to it, whatever the daemon thinks. */
export interface Right {
  readonly token: Token;
  readonly until: Instant;
  /** When the newest beat that proved it had been sent. */
  readonly sentAt: number;
  /** The same of those that were applied while its key and its record stood. */
  readonly intactSentAt: number;
  /** The same as `until`, of those alone that compared its key, or all records. */
  readonly comparedUntil: Instant;
  readonly ceilingMs: number;
  /** How late the fence may close after `until`, in true milliseconds, by the beat that promised it. */
  readonly fenceLatencyMs: number;
}

interface Proven {
  readonly group: string;
  readonly token: Token;
  readonly holdForMs: number;
  readonly ceilingMs: number;
  readonly fenceLatencyMs: number;
  /** Key and record stood; else nobody had written a record since, and one of them was deleted. */
  readonly intact: boolean;
  /** The beat compared its key, or all records: not a taking of another group, for one. */
  readonly compared: 'its key' | 'all records' | undefined;
}

const keys = new Keys(PREFIX);

/** By the key's name: one that somebody took off its lease still is its sender's. */
function isOf(token: Token, { lease }: Beat): boolean {
  return token.key.endsWith(`/${lease}`);
}

/** One compare says that no record has changed. */
function isRanged({ compares }: Txn): boolean {
  return compares.some((each) => each.target === 'mod' && each.prefix === true);
}

/**
 * The oracle of one machine: derives from the bare store and from the moments of its own sending
 * what it may hold. It knows nothing of fences, claims or sessions. A write of the heartbeat proves
 * what, as it was applied, the record named as held by a standing key of the same lease. One that
 * compared all records at once prolongs besides what was deleted by hand and still runs, but not
 * beyond the longest promise after it was last seen whole (src/election/proving.ts); and nothing in an
 * election that stands elsewhere, where the next one may be a stranger who waits for nobody.
 */
export class Rights implements Witness {
  readonly #machine: Machine;
  readonly #keyspace: Keyspace;
  readonly #byGroup = new Map<string, Right>();
  /** Groups whose record one of us has written since this machine was last seen to be its holder. */
  readonly #written = new Set<string>();
  /** The token of each group that a beat last left out, and when that beat was sent. */
  readonly #unlisted = new Map<string, { readonly token: Token; readonly at: number }>();
  /** Keys of candidates, with their create revisions, by which a taking was confirmed on this boot. */
  readonly #taken = new Set<string>();
  /** Told of every transaction as it is sent. */
  onSent: (txn: Txn) => void = () => undefined;
  /** Told of every transaction before it is applied, if it is. */
  onArrived: (txn: Txn) => void = () => undefined;
  /** Told of every transaction whose compares have failed, with the answer. */
  onRefused: (txn: Txn, reply: TxnReply) => void = () => undefined;

  constructor(machine: Machine, keyspace: Keyspace) {
    this.#machine = machine;
    this.#keyspace = keyspace;
  }

  of(group: string): Right | undefined {
    return this.#byGroup.get(group);
  }

  /** Whether the group may be held now, with so much tolerance in milliseconds of its own. */
  holds(group: string, toleranceMs = 0): boolean {
    const right = this.#byGroup.get(group);
    return right !== undefined && this.#machine.now() <= right.until + toleranceMs;
  }

  /** The machine starts anew. */
  clear(): void {
    this.#byGroup.clear();
    this.#unlisted.clear();
    this.#taken.clear();
  }

  /** Whether a taking by this token was confirmed. */
  hasTaken({ key, createRevision }: Token): boolean {
    return this.#taken.has(`${key} ${createRevision}`);
  }

  /** One of us has written the group's record. */
  onRecord(group: string): void {
    this.#written.add(group);
  }

  /** The store went back in time: whatever was written is forgotten. */
  onRestore(): void {
    this.#written.clear();
  }

  /**
   * A beat is on its way. What it does not list others may believe to be given up: no transaction that
   * was sent before gives a right to it any more (protocol.md rule 6).
   */
  sent(txn: Txn): void {
    const beat = sentBeat(txn.success)?.beat;
    if (beat === undefined) return;
    const at = this.#machine.now();
    for (const [group, right] of this.#byGroup) {
      const { token, until } = right;
      if (claims(beat, group, token.createRevision)) continue;
      this.#unlisted.set(group, { token, at });
      if (until > at) this.#byGroup.set(group, { ...right, until: at, fenceLatencyMs: 0 });
    }
  }

  onApplied(txn: Txn): readonly Proven[] {
    const beat = sentBeat(txn.success)?.beat;
    if (beat === undefined) return [];
    const ranged = isRanged(txn);
    const standing = this.#standing(beat).map((each): Proven => {
      const itself = txn.compares.some(({ key }) => key === each.token.key);
      return { ...each, compared: itself ? 'its key' : ranged ? 'all records' : undefined };
    });
    for (const { group } of standing) this.#written.delete(group);
    if (!ranged) return standing;
    const deleted = [...this.#byGroup].flatMap(([group, { token, ceilingMs }]): Proven[] => {
      if (standing.some((each) => each.group === group) || !isOf(token, beat)) return [];
      if (!token.key.startsWith(keys.elections)) return [];
      if (this.#written.has(group)) return [];
      const kv = this.#keyspace.get(keys.holder(group));
      const record = kv === undefined ? undefined : decodeRecord(kv.value);
      const named = record?.state === 'held' && sameToken(record.token, token);
      if (kv !== undefined && !named) return [];
      const holdForMs = Math.min(beat.holdForMs, ceilingMs);
      const promise = { holdForMs, ceilingMs, fenceLatencyMs: beat.fenceLatencyMs };
      return [{ group, token, ...promise, intact: false, compared: 'all records' }];
    });
    return [...standing, ...deleted];
  }

  /** What the records name as held by standing keys of the beat's lease. */
  #standing(beat: Beat): Omit<Proven, 'compared'>[] {
    return this.#keyspace.under(keys.holders).flatMap((kv) => {
      const record = decodeRecord(kv.value);
      if (record?.state !== 'held') return [];
      const { token, ceilingMs } = record;
      const key = this.#keyspace.get(token.key);
      if (key?.createRevision !== token.createRevision || !isOf(token, beat)) return [];
      const group = kv.key.slice(keys.holders.length);
      const holdForMs = Math.min(beat.holdForMs, ceilingMs);
      const { fenceLatencyMs } = beat;
      return [{ group, token, holdForMs, ceilingMs, fenceLatencyMs, intact: true }];
    });
  }

  onConfirmed({ success }: Txn, sentAt: number, finding: unknown): void {
    for (const each of success) {
      if (each.op !== 'put' || !each.key.startsWith(keys.holders)) continue;
      const token = decodeRecord(each.value)?.token;
      if (token !== undefined) this.#taken.add(`${token.key} ${token.createRevision}`);
    }
    for (const proven of finding as readonly Proven[]) this.#confirm(proven, sentAt);
  }

  #confirm(proven: Proven, sentAt: number): void {
    const { group, token, holdForMs, ceilingMs, fenceLatencyMs, intact, compared } = proven;
    const known = this.#byGroup.get(group);
    const unlisted = this.#unlisted.get(group);
    if (unlisted !== undefined && sameToken(unlisted.token, token) && sentAt < unlisted.at) return;
    const promised = sentAt + holdForMs;
    if (known === undefined || !sameToken(known.token, token)) {
      // Of another token: an older beat's late reply gives nothing back.
      if (!intact || (known !== undefined && known.sentAt >= sentAt)) return;
      const until = promised as Instant;
      const comparedUntil = (compared === undefined ? 0 : promised) as Instant;
      const intactSentAt = sentAt;
      const fresh = { token, until, sentAt, intactSentAt, comparedUntil, ceilingMs };
      this.#byGroup.set(group, { ...fresh, fenceLatencyMs });
      return;
    }
    // Once it had run out somebody may have taken: what was not looked at itself revives nothing.
    if (!intact && this.#machine.now() >= known.until) return;
    const intactSentAt = intact ? Math.max(known.intactSentAt, sentAt) : known.intactSentAt;
    const longest = intactSentAt + LONGEST_HOLD_FOR_MS;
    const proved = Math.min(promised, longest);
    const until = Math.max(known.until, proved) as Instant;
    // What compares all records revives nothing.
    const runs = this.#machine.now() < known.comparedUntil;
    const counts = compared === 'its key' || (compared === 'all records' && runs);
    const comparedUntil = counts ? Math.max(known.comparedUntil, proved) : known.comparedUntil;
    this.#byGroup.set(group, {
      token,
      until,
      sentAt: Math.max(known.sentAt, sentAt),
      intactSentAt,
      comparedUntil: comparedUntil as Instant,
      ceilingMs,
      fenceLatencyMs: proved < known.until ? known.fenceLatencyMs : fenceLatencyMs,
    });
  }
}
