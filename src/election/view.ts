import { after, type Instant } from '../clock.ts';
import { isOurLease, type Keys } from './keys.ts';
import { Observations } from './observations.ts';
import { decodeRecord, type HolderRecord, type Token } from './record.ts';
import { NO_LEASE, type KeyValue, type LeaseId, type Operation, type TxnReply } from './store.ts';
import { TrackedRange } from './tracked-range.ts';
import type { ElectionGroup } from './types.ts';

/** What has vanished is remembered for far longer than anybody waits. */
const VANISHED_KEPT_MS = 600_000;

/** A candidate of a group, as read. */
export interface Candidate extends Token {
  /** The value of its key: for display only. */
  readonly node: string;
  readonly lease: LeaseId;
  /** Carries our lease tag. */
  readonly ours: boolean;
}

/** One group as one linearizable read showed it. */
export interface GroupView {
  /** Candidates with a lease, the leader first. */
  readonly queue: readonly Candidate[];
  /** Keys without a lease: warned about and ignored [H13]. */
  readonly leaseless: readonly Token[];
  /** Undefined when absent or unreadable. */
  readonly record: HolderRecord | undefined;
  /** 0 when absent. */
  readonly recordRevision: number;
}

/** What a read asked for, to be given back with its answer. */
export interface ViewRead {
  readonly operations: readonly Operation[];
  readonly since: readonly (number | undefined)[];
}

/**
 * All that this node knows of etcd, from linearizable reads alone: queues, records, heartbeats.
 * Beats are dated besides from watch events (see Observations).
 */
export class View {
  readonly observations: Observations;
  readonly #keys: Keys;
  readonly #groups: Map<string, ElectionGroup>;
  readonly #nodes: TrackedRange;
  readonly #holders: TrackedRange;
  /** The usual place first, then one for each election that stands elsewhere. */
  readonly #elections: readonly TrackedRange[];
  readonly #ranges: readonly TrackedRange[];
  /** Groups as they were last asked for, good for one version of the ranges. */
  readonly #known = new Map<string, { readonly version: number; readonly view: GroupView }>();

  constructor(keys: Keys, groups: readonly ElectionGroup[]) {
    this.#keys = keys;
    this.#groups = new Map(groups.map((group) => [group.name, group]));
    this.observations = new Observations(keys.nodes);
    this.#nodes = new TrackedRange(keys.nodes);
    this.#holders = new TrackedRange(keys.holders);
    const elsewhere = groups.flatMap(({ electionKey }) =>
      electionKey === undefined || `${electionKey}/`.startsWith(keys.elections)
        ? []
        : [new TrackedRange(`${electionKey}/`)],
    );
    this.#elections = [new TrackedRange(keys.elections), ...elsewhere];
    this.#ranges = [this.#nodes, this.#holders, ...this.#elections];
  }

  /** From now on there is this group, too; its election stands at the usual place. */
  add(group: ElectionGroup): void {
    this.#groups.set(group.name, group);
    this.#known.delete(group.name);
  }

  /** The group is none of ours any more. */
  remove(name: string): void {
    this.#groups.delete(name);
    this.#known.delete(name);
  }

  /** Prefixes under which a change concerns us. */
  get prefixes(): string[] {
    return this.#ranges.map((range) => range.prefix);
  }

  /** The next read. */
  read(): ViewRead {
    const ranges = this.#ranges;
    return {
      operations: ranges.map((range) => range.read()),
      since: ranges.map((range) => range.revision),
    };
  }

  /** Takes in the answer; false when it does not make a complete picture: read again. */
  apply(read: ViewRead, reply: TxnReply, at: Instant): boolean {
    const { revision } = reply.header;
    let complete = true;
    for (const [index, range] of this.#ranges.entries()) {
      const result = reply.results[index];
      if (result === undefined) return false;
      if (!range.apply(result, read.since[index], revision)) complete = false;
    }
    if (complete) {
      this.observations.replaceAll(this.#nodes.under(this.#keys.nodes), revision, at);
      this.observations.prune(after(at, -VANISHED_KEPT_MS));
    }
    return complete;
  }

  /** True when every range is a complete picture. */
  get complete(): boolean {
    return this.#ranges.every((range) => range.revision !== undefined);
  }

  /** Revision of the picture; 0 while it is not complete. */
  get revision(): number {
    return Math.min(...this.#ranges.map((range) => range.revision ?? 0));
  }

  /** One group; the same object until something has changed. */
  group(name: string): GroupView {
    let { version } = this.#holders;
    for (const range of this.#elections) version += range.version;
    const known = this.#known.get(name);
    if (known?.version === version) return known.view;
    const view = this.#look(name);
    this.#known.set(name, { version, view });
    return view;
  }

  #look(name: string): GroupView {
    const prefix = `${this.#keys.election(name, this.#groups.get(name)?.electionKey)}/`;
    const range = this.#elections.find((each) => prefix.startsWith(each.prefix));
    const kvs = range?.under(prefix) ?? [];
    const holder = this.#holders.get(this.#keys.holder(name));
    return {
      queue: kvs
        .filter((kv) => kv.lease !== NO_LEASE)
        .map((kv) => ({
          key: kv.key,
          createRevision: kv.createRevision,
          node: kv.value,
          lease: kv.lease,
          ours: isOurLease(kv.lease),
        })),
      leaseless: kvs
        .filter((kv) => kv.lease === NO_LEASE)
        .map(({ key, createRevision }) => ({ key, createRevision })),
      record: holder === undefined ? undefined : decodeRecord(holder.value),
      recordRevision: holder?.modRevision ?? 0,
    };
  }

  /** Candidate keys on a lease at the usual place, of groups that are not configured. */
  strays(lease: LeaseId): KeyValue[] {
    const known = [...this.#groups.values()].map(
      ({ name, electionKey }) => `${this.#keys.election(name, electionKey)}/`,
    );
    const [usual] = this.#elections;
    return (usual?.under(this.#keys.elections) ?? []).filter(
      (kv) => kv.lease === lease && !known.some((prefix) => kv.key.startsWith(prefix)),
    );
  }

  /**
   * A compare that this picture promised to hold has failed: the next read is a whole one. A delta
   * need not tell: after a look back in time that nobody noticed, what is there may be older than
   * what we think to know.
   */
  doubt(): void {
    for (const range of this.#ranges) range.forget();
  }

  /** Compaction, gap, regression, another cluster: forget and read anew. */
  forget(): void {
    this.doubt();
    this.observations.clear();
  }
}
