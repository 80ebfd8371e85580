import { claims, decodeBeat, type Beat } from '../../../src/election/beat.ts';
import { isOurLease, Keys } from '../../../src/election/keys.ts';
import {
  decodeRecord,
  sameToken,
  type HolderRecord,
  type Token,
} from '../../../src/election/record.ts';
import { NO_LEASE, type KeyValue, type Operation, type Txn } from '../../../src/election/store.ts';
import { PREFIX } from '../host/daemon.ts';
import { sentBeat } from '../host/sent.ts';
import type { Cluster } from '../etcd/cluster.ts';
import type { Change } from '../etcd/keyspace.ts';
import type { Invariant } from './violation.ts';

const keys = new Keys(PREFIX);
/** A candidate that has beaten so recently, in true milliseconds, is dead for nobody, whatever its beats say. */
const ALIVE_MS = 3000;
/** Beats are late now and then (rule 7 [A7]). */
const LATE_BEAT_FACTOR = 1.2;
/** A clock's rate of 1 + ρ, with something for rounding. */
const FASTEST = 1.086;
/** The rates of 1 + ρ and 1 − ρ themselves. */
const FAST = 1.085;
const SLOW = 0.915;

type Found = [Invariant, string];

/** True milliseconds for which nobody may take a silent beat's promise to have ended (protocol.md, Words). */
function owedMs({ holdForMs, fenceLatencyMs }: Beat): number {
  return (holdForMs * FAST + fenceLatencyMs) / SLOW / FASTEST;
}

/** True milliseconds after a beat for which its sender is dead for nobody (rule 7 [A7]). */
function aliveMs(beat: Beat | undefined): number {
  if (beat === undefined) return ALIVE_MS;
  return Math.min(ALIVE_MS, (LATE_BEAT_FACTOR * beat.nextBeatWithinMs) / FASTEST + owedMs(beat));
}

function nameOf({ key, createRevision }: Token): string {
  return `${key} ${createRevision}`;
}

function recordName({ key, modRevision }: KeyValue): string {
  return `${key} ${modRevision}`;
}

/**
 * What a transaction may do to what stands, by the rules themselves: a looser rule mostly breaks no
 * promise at once, because another guard catches what comes of it.
 */
export class Rules {
  readonly #cluster: Cluster;
  /** True time of the last write of each heartbeat key. */
  readonly #beatenAt = new Map<string, number>();
  /** Records as they stand, and those that somebody wrote again as they were: by nobody's rules. */
  readonly #records = new Map<string, string>();
  readonly #touched = new Set<string>();
  /** Tokens that some record has named as holder. */
  readonly #taken = new Set<string>();
  /** Records, each with its mod revision, whose holder has beaten without listing its token since. */
  readonly #givenUp = new Set<string>();
  #restored = false;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  onChange({ events }: Change): void {
    for (const { type, kv } of events) {
      if (type !== 'put') continue;
      if (kv.key.startsWith(keys.nodes)) {
        this.#beatenAt.set(kv.key, this.#cluster.now);
        this.#noteGivenUp(kv);
      }
      if (!kv.key.startsWith(keys.holders)) continue;
      if (this.#records.get(kv.key) === kv.value) this.#touched.add(kv.key);
      else this.#touched.delete(kv.key);
      this.#records.set(kv.key, kv.value);
      const record = decodeRecord(kv.value);
      if (record?.state === 'held') this.#taken.add(nameOf(record.token));
    }
  }

  /** A beat that lists its token no more: whatever it lists later is held by a new taking only. */
  #noteGivenUp({ value, lease }: KeyValue): void {
    const beat = decodeBeat(value);
    if (beat === undefined) return;
    for (const kv of this.#cluster.keyspace.under(keys.holders)) {
      const record = decodeRecord(kv.value);
      if (record?.state !== 'held' || !record.token.key.endsWith(`/${lease}`)) continue;
      const { bootId, identity, seq, token } = record;
      if (beat.bootId !== bootId || beat.identity !== identity || beat.seq <= seq) continue;
      const group = kv.key.slice(keys.holders.length);
      if (!claims(beat, group, token.createRevision)) this.#givenUp.add(recordName(kv));
    }
  }

  /** The store went back in time. */
  onRestore(): void {
    this.#restored = true;
    this.#givenUp.clear();
    this.#beatenAt.clear();
  }

  /**
   * @param ownLease of its sender
   * @returns what is wrong with a transaction of a daemon's that is about to be applied
   */
  wrongWith({ compares, success }: Txn, ownLease: string | undefined): Found[] {
    const writes = success.filter(({ op }) => op !== 'range');
    if (writes.length === 0 || !this.#cluster.keyspace.matches(compares)) return [];
    const deleted = new Set(writes.flatMap(({ op, key }) => (op === 'delete' ? [key] : [])));
    const heir = this.#heir(compares, deleted);
    const found: Found[] = [];
    if (heir !== undefined) found.push(...this.#handing(heir, deleted));
    for (const write of writes) {
      if (write.op === 'delete') {
        found.push(
          ...this.#deletion(write.key, ownLease, heir),
          ...this.#unsaid(write.key, ownLease, writes),
        );
      } else if (write.op === 'range') continue;
      else if (write.key.startsWith(keys.nodes)) found.push(...this.#beat(write));
      else if (write.key.startsWith(keys.holders)) {
        found.push(...this.#record(write, deleted), ...this.#ceiling(write.value, writes));
      }
    }
    return found;
  }

  /** The candidate that a release makes the next: it is compared, and stands on. */
  #heir(compares: Txn['compares'], deleted: ReadonlySet<string>): KeyValue | undefined {
    const [first] = deleted;
    if (first === undefined) return undefined;
    const election = first.slice(0, first.lastIndexOf('/') + 1);
    const compared = compares.find(
      ({ key, target, value }) =>
        target === 'create' && value !== 0 && key.startsWith(election) && !deleted.has(key),
    );
    return compared && this.#cluster.keyspace.get(compared.key);
  }

  /** Whoever is handed to is first then, and none of the queue is passed over without need [A10]. */
  #handing(heir: KeyValue, deleted: ReadonlySet<string>): Found[] {
    const election = heir.key.slice(0, heir.key.lastIndexOf('/') + 1);
    const queue = this.#cluster.keyspace.under(election).filter(({ lease }) => lease !== NO_LEASE);
    const at = queue.findIndex(({ key }) => key === heir.key);
    const ahead = queue.slice(0, at);
    const right =
      isOurLease(heir.lease) &&
      ahead.every(({ key }) => deleted.has(key)) &&
      queue.slice(at).every(({ key }) => !deleted.has(key));
    return right ? [] : [['handed-past-others', heir.key]];
  }

  /** Nobody writes over another node's heartbeat (rule 2). */
  #beat({ key, value }: { key: string; value: string }): Found[] {
    const standing = this.#cluster.keyspace.get(key);
    if (standing === undefined) return [];
    const before = decodeBeat(standing.value);
    const beat = decodeBeat(value);
    const same = before?.identity === beat?.identity && before?.bootId === beat?.bootId;
    return before !== undefined && same ? [] : [['name-overwritten', key]];
  }

  /** `deposed` and `released` end the hold that the record names, with its key (rules 11, 13 [H1]). */
  #record({ key, value }: { key: string; value: string }, deleted: ReadonlySet<string>): Found[] {
    const next = decodeRecord(value);
    const kv = this.#cluster.keyspace.get(key);
    const record = kv === undefined ? undefined : decodeRecord(kv.value);
    if (next?.state === 'foreign' && !this.#isForeign(next.token)) {
      return [['marked-without-foreign', `${key}: ${value}`]];
    }
    if (next?.state !== 'deposed' && next?.state !== 'released') return [];
    const named = record?.state === 'held' && sameToken(record.token, next.token);
    if (!named || !deleted.has(record.token.key)) {
      return [['ended-whoever-held', `${key}: ${next.state} over ${kv?.value}`]];
    }
    if (next.state !== 'deposed' || kv === undefined) return [];
    // What it lists since then it has not taken: that would have changed the record.
    return this.#givenUp.has(recordName(kv)) ? [] : this.#silence(key, record);
  }

  /** Whoever is deposed has promised nothing that still lasts, or has said that it holds nothing. */
  #silence(key: string, { node, token }: HolderRecord): Found[] {
    const group = key.slice(keys.holders.length);
    const kv = this.#cluster.keyspace.get(keys.node(node));
    const beat = kv === undefined ? undefined : decodeBeat(kv.value);
    if (kv === undefined || beat === undefined || !token.key.endsWith(`/${kv.lease}`)) return [];
    const ms = this.#cluster.now - (this.#beatenAt.get(kv.key) ?? -Infinity);
    if (!claims(beat, group, token.createRevision) || ms >= owedMs(beat)) return [];
    return [['deposed-while-beating', `${node} in ${group}, ${ms} ms after a beat`]];
  }

  /** Dead candidates of ours go on the way, living ones do not (rule 7 [A7]). */
  #deletion(key: string, ownLease: string | undefined, heir: KeyValue | undefined): Found[] {
    const { keyspace, now } = this.#cluster;
    const election = key.slice(0, key.lastIndexOf('/') + 1);
    const [head] = keyspace.under(election).filter(({ lease }) => lease !== NO_LEASE);
    const kv = keyspace.get(key);
    // Its owner gives its own up whenever it likes, even one that somebody took off its lease.
    if (kv === undefined || key.endsWith(`/${ownLease}`)) return [];
    if (kv.lease !== NO_LEASE && !isOurLease(kv.lease)) return [['foreign-deleted', key]];
    // Whoever hands over passes over the living: they stand anew (rule 13 [A10]).
    if (head?.key === key || heir !== undefined) return [];
    const beat = this.#beatOf(kv);
    if (beat === undefined) return [];
    const ms = now - (this.#beatenAt.get(beat.key) ?? -Infinity);
    const alive = ms < aliveMs(decodeBeat(beat.value));
    return alive ? [['living-candidate-deleted', `${key}, ${ms} ms after a beat`]] : [];
  }

  /** Whoever else deletes a holder's key says so in the record (rule 11 [H1]). */
  #unsaid(key: string, ownLease: string | undefined, writes: readonly Operation[]): Found[] {
    const { keyspace } = this.#cluster;
    const kv = keyspace.get(key);
    if (kv === undefined || key.endsWith(`/${ownLease}`)) return [];
    const named = keyspace.under(keys.holders).find(({ value }) => {
      const record = decodeRecord(value);
      return record?.state === 'held' && sameToken(record.token, kv);
    });
    if (named === undefined || writes.some((each) => each.key === named.key)) return [];
    return [['ended-unsaid', `${key} of ${named.key}`]];
  }

  /** The ceiling of a new hold is what its taking promises, or more (protocol.md, Keys [H5]). */
  #ceiling(value: string, writes: readonly Operation[]): Found[] {
    const record = decodeRecord(value);
    const beat = sentBeat(writes)?.beat;
    if (record?.state !== 'held' || beat === undefined || this.#restored) return [];
    const { token, ceilingMs } = record;
    // What is taken anew, or resumed, may promise more than it may hold by this token.
    if (this.#taken.has(nameOf(token)) || beat.holdForMs <= ceilingMs) return [];
    return [['ceiling-below-promise', `${token.key}: ${ceilingMs} < ${beat.holdForMs}`]];
  }

  /** A key that leads as a foreign one: it stands on a lease that is none of ours. */
  #isForeign({ key }: Token): boolean {
    const kv = this.#cluster.keyspace.get(key);
    return kv !== undefined && kv.lease !== NO_LEASE && !isOurLease(kv.lease);
  }

  /** A loss has a cause: the key or the record changed, or the lease (rule 3 [A8]). */
  lossWithoutCause(group: string, ownLease: string | undefined): Found[] {
    const { keyspace } = this.#cluster;
    const kv = keyspace.get(keys.holder(group));
    const record =
      kv === undefined || this.#touched.has(kv.key) ? undefined : decodeRecord(kv.value);
    if (this.#restored || record?.state !== 'held') return [];
    const key = keyspace.get(record.token.key);
    const stands = key?.createRevision === record.token.createRevision && key.lease === ownLease;
    return stands ? [['lost-without-cause', group]] : [];
  }

  #beatOf({ lease }: KeyValue): KeyValue | undefined {
    return this.#cluster.keyspace.under(keys.nodes).find((kv) => kv.lease === lease);
  }
}
