import { Keys } from '../../../src/election/keys.ts';
import { decodeRecord } from '../../../src/election/record.ts';
import type { Txn } from '../../../src/election/store.ts';
import { PREFIX } from '../host/daemon.ts';
import type { Cluster } from '../etcd/cluster.ts';
import type { Change } from '../etcd/keyspace.ts';
import type { Owner } from '../engine/scheduler.ts';
import { BeatOrder } from './beat-order.ts';
import { ForeignHolds } from './foreign-holds.ts';
import type { Host } from '../host/host.ts';
import { GivingUp } from './giving-up.ts';
import type { Lan } from './lan.ts';
import type { ElectorEvent } from '../../../src/events.ts';
import type { VipGroup } from '../../../src/vip/types.ts';
import { Violation, type Invariant } from './violation.ts';
import { wrongWithAddress } from './addresses.ts';
import { Holds } from './holds.ts';
import { LostTokens } from './lost-tokens.ts';
import { Pace } from './pace.ts';
import { Promises } from './promises.ts';
import { Rules } from './rules.ts';
import { Sending } from './sending.ts';
import { Turnover } from './turnover.ts';
import { wrongWrites } from './writes.ts';

const keys = new Keys(PREFIX);
/** A lease's TTL (config/profiles.ts) by the slowest clock. */
const LEASE_MS = 15_000 / 0.915;

/** Judged after every step, from the outside: kernels, store and clocks, never the daemon's beliefs. */
export class Invariants {
  readonly turnover: Turnover;
  readonly holds = new Holds();
  readonly #hosts: readonly Host[];
  readonly #byAddress: ReadonlyMap<string, VipGroup>;
  readonly #elections: ReadonlyMap<string, string>;
  readonly #cluster: Cluster;
  readonly #lan: Lan;
  readonly #beats = new BeatOrder();
  readonly #pace = new Pace();
  readonly #promises = new Promises();
  readonly #givingUp: GivingUp;
  readonly #lost = new LostTokens();
  readonly #rules: Rules;
  readonly #sending: Sending;
  readonly #foreign: ForeignHolds;
  /** The lease of whoever sent a transaction, as it was then: its disk may be lost on the way. */
  readonly #senders = new WeakMap<Txn, string | undefined>();
  /** Those that stand outside our prefix. */
  readonly #elsewhere: readonly string[];

  constructor(
    hosts: readonly Host[],
    groups: readonly (VipGroup & { electionKey?: string })[],
    cluster: Cluster,
    lan: Lan,
  ) {
    this.#hosts = hosts;
    this.#byAddress = new Map(
      groups.flatMap((group) => group.vips.map(({ address }) => [address, group])),
    );
    this.#elections = new Map(
      groups.map(({ name, electionKey }) => [name, `${keys.election(name, electionKey)}/`]),
    );
    this.#cluster = cluster;
    this.#lan = lan;
    this.turnover = new Turnover(hosts);
    this.#rules = new Rules(cluster);
    this.#sending = new Sending(cluster);
    this.#foreign = new ForeignHolds(cluster.keyspace, () =>
      hosts.some(({ daemon }) => daemon !== undefined),
    );
    this.#elsewhere = [...this.#elections.values()].filter((each) => !each.startsWith(PREFIX));
    this.#givingUp = new GivingUp(groups, this.#elections, cluster.keyspace);
    for (const host of hosts) {
      host.rights.onSent = (txn) => {
        this.#senders.set(txn, host.disk.saved?.memory.leaseId);
        this.#note(host, this.#wrongIn(host, txn));
      };
      host.rights.onArrived = (txn) =>
        this.#note(host, this.#rules.wrongWith(txn, this.#senders.get(txn)));
      host.rights.onRefused = (txn, reply) =>
        this.#lost.refused(host.machine, txn, reply, this.#cluster.now);
    }
  }

  /** Hosts that anybody on the LAN can reach and that answer for the VIP. */
  holders(group: VipGroup): Host[] {
    return this.#reachable().filter((host) => group.vips.some((vip) => host.holds(vip)));
  }

  /** Hosts that have any VIP and that anybody on the LAN can reach. */
  #reachable(): Host[] {
    const found: Host[] = [];
    for (const host of this.#hosts) {
      const { kernel, machine, name } = host;
      const holds = kernel.held.size > 0 && machine.runs && kernel.carrier;
      if (holds && this.#lan.reaches(name)) found.push(host);
    }
    return found;
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
      if (owner !== undefined && host.process === owner) this.holds.check(host, now);
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
        if (kernel.tables.isShut(address)) continue;
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
      if (group !== undefined) this.#checkRight(host, group, address, now);
    }
  }

  #checkRight(host: Host, group: VipGroup, address: string, now: number): void {
    const found = wrongWithAddress(host, group.name, address);
    if (found !== undefined) throw new Violation(found[0], now, `${host.name} ${found[1]}`);
    const election = this.#elections.get(group.name);
    if (election === undefined || election.startsWith(PREFIX)) return;
    if (host.kernel.tables.isShut(address)) return;
    // By its own clock, which a pause has stopped, its lease lasts longer than by etcd's.
    if (now - host.machine.unpausedAt < LEASE_MS) return;
    const other = this.#foreign.holder(election, now);
    if (other !== undefined) {
      throw new Violation('holds-beside-foreign-leader', now, `${host.name} beside ${other}`);
    }
  }

  /** Noted, not thrown into the daemon: the check that follows throws it. */
  #note(host: Host, found: readonly [Invariant, string][]): void {
    for (const [invariant, what] of found) {
      host.defect ??= new Violation(invariant, this.#cluster.now, `${host.name} ${what}`);
    }
  }

  #wrongIn(host: Host, txn: Txn): [Invariant, string][] {
    const found = [...wrongWrites(txn), ...this.#beats.sent(txn, host.machine)];
    found.push(...this.#sending.wrongIn(host, txn));
    host.rights.sent(txn);
    const late = this.#pace.sent(host, txn);
    if (late !== undefined) found.push(['beat-late', late]);
    const short = this.#promises.sent(host, txn);
    if (short !== undefined) found.push(['promise-too-short', short]);
    const lost = this.#lost.sent(host.machine, txn, this.#cluster.now);
    if (lost !== undefined) found.push(['lost-token-proved', lost]);
    found.push(...this.#givingUp.wrongIn(host, txn));
    return found;
  }

  /** Told of each change in the store. */
  onChange(change: Change): void {
    const { events } = change;
    this.#rules.onChange(change);
    this.#sending.onChange(change);
    this.#foreign.onChange(this.#elsewhere, this.#cluster.now);
    for (const { type, kv } of events) {
      if (type === 'delete') this.#beats.deleted(kv.key);
      if (type !== 'put') continue;
      // Its value is the group whose record was written beside it.
      if (kv.key === keys.epoch) {
        for (const { rights } of this.#hosts) rights.onRecord(kv.value);
      }
      if (kv.key.startsWith(keys.nodes)) {
        const wrong = this.#beats.written(kv);
        if (wrong !== undefined) throw new Violation('beat-overtaken', this.#cluster.now, wrong);
      }
      if (!kv.key.startsWith(keys.holders)) continue;
      const record = decodeRecord(kv.value);
      const group = kv.key.slice(keys.holders.length);
      // One of ours writes the epoch beside it; a person's hand does not.
      const byUs = events.some(({ kv: each }) => each.key === keys.epoch && each.value === group);
      if (record?.state !== 'held' || !byUs) continue;
      this.turnover.onHeld(group, record, this.#cluster.now);
    }
  }

  /** Told of each event of each daemon. */
  onEvent(host: Host, event: ElectorEvent): void {
    if (event.type === 'beat-failed') {
      if (event.code === 'STATE_FILE') this.#pace.forgive(host);
      this.#promises.failed(host);
    }
    if (event.type === 'takeover') this.turnover.onTakeover(host.name, event.group);
    if (event.type !== 'transition') return;
    const { from, to, reason, group } = event;
    if (from !== 'assigning' && from !== 'leading') return;
    if (to === 'withdrawing' && this.#elections.get(group)?.startsWith(PREFIX) === true) {
      this.#note(host, this.holds.lettingGo(host, group, reason));
    }
    const late = reason === 'fence-expired' ? this.#pace.expired(host) : undefined;
    if (late !== undefined) this.#note(host, [['beat-late', late]]);
    if (reason !== 'lease-lost' && reason !== 'deposed') return;
    this.#note(host, this.#rules.lossWithoutCause(group, host.disk.saved?.memory.leaseId));
  }

  /** The store went back in time: revisions begin anew there. */
  onRestore(): void {
    this.turnover.onRestore();
    this.#beats.onRestore();
    this.#rules.onRestore();
    this.#sending.onRestore();
    this.#lost.onRestore();
    for (const { rights } of this.#hosts) rights.onRestore();
  }
}
