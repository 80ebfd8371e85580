import { Keys, isOurLease } from '../../../src/election/keys.ts';
import { decodeRecord, type HolderRecord } from '../../../src/election/record.ts';
import { NO_LEASE, type Txn } from '../../../src/election/store.ts';
import { PREFIX } from '../host/daemon.ts';
import type { Cluster } from '../etcd/cluster.ts';
import type { Change } from '../etcd/keyspace.ts';
import type { Owner } from '../engine/scheduler.ts';
import { BeatOrder } from './beat-order.ts';
import type { Host } from '../host/host.ts';
import type { Lan } from './lan.ts';
import type { VipGroup } from '../../../src/vip/types.ts';
import { Violation, type Invariant } from './violation.ts';
import { wrongWrites } from './writes.ts';

/** A kernel's lateness is in its lifetimes' favour: they end by the deadline. For rounding only. */
const TOLERANCE_MS = 1;

const keys = new Keys(PREFIX);

/** Judged after every step, from the outside: kernels, store and clocks, never the daemon's beliefs. */
export class Invariants {
  /** Changes of the host that had a group's addresses last, over all groups. */
  holderChanges = 0;
  readonly #hosts: readonly Host[];
  readonly #groups: readonly VipGroup[];
  readonly #byAddress: ReadonlyMap<string, VipGroup>;
  readonly #elections: ReadonlyMap<string, string>;
  readonly #cluster: Cluster;
  readonly #lan: Lan;
  readonly #last = new Map<string, HolderRecord>();
  readonly #beats = new BeatOrder();
  readonly #holder = new Map<string, string>();
  readonly #changes = new Map<string, number>();

  constructor(
    hosts: readonly Host[],
    groups: readonly (VipGroup & { electionKey?: string })[],
    cluster: Cluster,
    lan: Lan,
  ) {
    this.#hosts = hosts;
    this.#groups = groups;
    this.#byAddress = new Map(
      groups.flatMap((group) => group.vips.map(({ address }) => [address, group])),
    );
    this.#elections = new Map(
      groups.map(({ name, electionKey }) => [name, `${keys.election(name, electionKey)}/`]),
    );
    this.#cluster = cluster;
    this.#lan = lan;
    for (const host of hosts) {
      host.rights.onSent = (txn) => {
        // Noted, not thrown into the daemon: the check that follows throws it.
        for (const [invariant, what] of this.#wrongIn(host, txn)) {
          host.defect ??= new Violation(invariant, cluster.now, `${host.name} ${what}`);
        }
      };
    }
  }

  /** Hosts that anybody on the LAN can reach and whose kernel has the VIP. */
  holders(group: VipGroup): Host[] {
    return this.#reachable().filter((host) => group.vips.some((vip) => host.has(vip)));
  }

  /** Hosts that have any VIP and that anybody on the LAN can reach. */
  #reachable(): Host[] {
    return this.#hosts.filter(
      ({ machine, kernel, name }) =>
        kernel.held.size > 0 && machine.runs && kernel.carrier && this.#lan.reaches(name),
    );
  }

  /** @param owner whose code the last event ran, if any daemon's */
  check(owner: Owner | undefined): void {
    const { now } = this.#cluster;
    const reachable = this.#reachable();
    if (reachable.length > 1) this.#checkHolders(reachable, now);
    for (const host of reachable) {
      if (!host.excused) this.#checkRights(host, now);
    }
    for (const host of this.#hosts) {
      // Nobody else's fence has moved.
      if (owner !== undefined && host.process === owner) this.#checkFences(host, now);
      const { name, defect } = host;
      if (defect === undefined) continue;
      if (defect instanceof Violation) throw defect;
      const text = defect instanceof Error ? (defect.stack ?? defect.message) : 'no error';
      throw new Violation('defect', now, `the daemon of ${name} ended: ${text}`);
    }
  }

  #checkHolders(reachable: readonly Host[], now: number): void {
    const covered = reachable.filter((host) => !host.excused);
    if (covered.length < 2) return;
    const first = new Map<string, string>();
    for (const { name, kernel } of covered) {
      for (const address of kernel.held.keys()) {
        const other = first.get(address);
        if (other !== undefined) {
          const group = this.#byAddress.get(address)?.name;
          throw new Violation('two-holders', now, `${other} and ${name} hold ${group}`);
        }
        first.set(address, name);
      }
    }
  }

  #checkRights(host: Host, now: number): void {
    for (const address of host.kernel.held.keys()) {
      const group = this.#byAddress.get(address);
      if (group !== undefined) this.#checkRight(host, group, now);
    }
  }

  #checkRight(host: Host, group: VipGroup, now: number): void {
    if (!host.rights.holds(group.name, TOLERANCE_MS)) {
      const until = host.rights.of(group.name)?.until;
      const late = until === undefined ? 'without any' : `${host.machine.now() - until} ms after`;
      throw new Violation('address-without-right', now, `${host.name} has it ${late}`);
    }
    const election = this.#elections.get(group.name);
    if (election === undefined || election.startsWith(PREFIX)) return;
    const first = this.#cluster.keyspace.under(election).find(({ lease }) => lease !== NO_LEASE);
    if (first !== undefined && !isOurLease(first.lease)) {
      throw new Violation('holds-beside-foreign-leader', now, `${host.name} beside ${first.key}`);
    }
  }

  /** The fence's deadline never passes `sentAt + holdFor` of a proof. */
  #checkFences({ name, daemon, rights }: Host, now: number): void {
    for (const controller of daemon?.controllers ?? []) {
      const { deadline } = controller.fence;
      if (deadline === undefined) continue;
      const until = rights.of(controller.group.name)?.until ?? 0;
      if (deadline <= until + 1e-6) continue;
      const state = controller.status.name;
      if (state !== 'assigning' && state !== 'leading') continue;
      throw new Violation('fence-beyond-proof', now, `${name}: ${deadline} > ${until}`);
    }
  }

  #wrongIn(host: Host, txn: Txn): [Invariant, string][] {
    const found = wrongWrites(txn);
    const moved = this.#beats.sent(txn, keys.nodes, host.machine);
    if (moved !== undefined) found.push(['promise-moved-back', moved]);
    for (const operation of txn.success) {
      if (operation.op !== 'delete') continue;
      const own = this.#cluster.keyspace.get(operation.key);
      const group = this.#groups.find(({ name }) =>
        operation.key.startsWith(this.#elections.get(name) ?? '?'),
      );
      if (group === undefined || own?.lease !== host.disk.saved?.memory.leaseId) continue;
      // No key is given up before its addresses.
      if (group.vips.some((vip) => host.has(vip))) {
        found.push(['key-given-up-while-held', `gives up ${operation.key}`]);
      }
    }
    return found;
  }

  /** Told of each change in the store. */
  onChange({ events }: Change): void {
    for (const { type, kv } of events) {
      if (type !== 'put') continue;
      if (kv.key.startsWith(keys.nodes)) {
        const wrong = this.#beats.written(kv);
        if (wrong !== undefined) throw new Violation('beat-overtaken', this.#cluster.now, wrong);
      }
      if (!kv.key.startsWith(keys.holders)) continue;
      const record = decodeRecord(kv.value);
      if (record?.state === 'held') this.#taken(kv.key.slice(keys.holders.length), record);
    }
  }

  #taken(group: string, record: HolderRecord): void {
    const last = this.#last.get(group);
    this.#last.set(group, record);
    if (last === undefined) return;
    const { createRevision } = record.token;
    if (createRevision < last.token.createRevision) {
      const detail = `${last.token.createRevision} (${last.node}), then ${createRevision} (${record.node})`;
      throw new Violation('revision-not-increasing', this.#cluster.now, detail);
    }
  }

  /** A host has all addresses of a group on its link after a taking. */
  onTakeover(host: string, group: string): void {
    const last = this.#holder.get(group);
    this.#holder.set(group, host);
    if (last === undefined || last === host) return;
    this.holderChanges += 1;
    this.#changes.set(group, (this.#changes.get(group) ?? 0) + 1);
  }

  /** Looked at when all is over: a fault moves a group once at most. @param faults that there were */
  checkChanges(faults: number): void {
    for (const [group, changes] of this.#changes) {
      if (changes <= faults) continue;
      const detail = `${group} changed hands ${changes} times in ${faults} faults`;
      throw new Violation('too-many-changes', this.#cluster.now, detail);
    }
  }

  /** The store went back in time: revisions begin anew there. */
  onRestore(): void {
    this.#last.clear();
    this.#beats.onRestore();
  }
}
