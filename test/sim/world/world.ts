import { Keys } from '../../../src/election/keys.ts';
import { encodeRecord } from '../../../src/election/record.ts';
import type { ElectionGroup } from '../../../src/election/types.ts';
import type { ElectorEvent } from '../../../src/events.ts';
import type { Vip } from '../../../src/network/types.ts';
import type { VipGroup } from '../../../src/vip/types.ts';
import { PREFIX } from '../host/daemon.ts';
import { Cluster } from '../etcd/cluster.ts';
import { Watches } from '../etcd/watches.ts';
import { ForeignCandidate } from '../etcd/foreign.ts';
import { Strangers } from '../host/neighbours.ts';
import { Host } from '../host/host.ts';
import type { Fault } from './fault.ts';
import { transitionKey, type Transitions } from '../soak/coverage.ts';
import { Invariants } from './invariants.ts';
import { Lan } from './lan.ts';
import { timingsOf } from './profiles.ts';
import { Rng } from '../engine/rng.ts';
import type { Schedule } from './schedule.ts';
import { Scheduler } from '../engine/scheduler.ts';

/** Where a foreign candidate and ours meet. */
const FOREIGN_ELECTION = '/talos/vip';
const keys = new Keys(PREFIX);
/** By preference, after each fault and at the start: at most this many moves. */
const MOVES_BACK = 2;
/** Last byte of the first group's address, 10.0.0.x; the others follow. */
const FIRST_ADDRESS = 100;

/** A group as a simulated host has it configured. */
export type SimGroup = VipGroup & ElectionGroup;

/** Quick rounds: schedules are short. */
const HEALTH = { probes: [], everyMs: 500, timeoutMs: 200, fall: 2, rise: 2 };

function groupOf(index: number, foreign: boolean): SimGroup {
  const address = `10.0.0.${FIRST_ADDRESS + index}`;
  const vip: Vip = { family: 4, address, prefixLength: 32 };
  const electionKey = foreign && index === 0 ? { electionKey: FOREIGN_ELECTION } : {};
  const name = index === 0 ? 'api' : `api-${index}`;
  return { name, vips: [vip], links: ['end0'], ...electionKey };
}

/** Hosts, etcd and LAN of one schedule, before anything has happened. */
export class World {
  readonly scheduler = new Scheduler();
  readonly cluster: Cluster;
  readonly watches: Watches;
  readonly lan = new Lan();
  readonly strangers = new Strangers();
  readonly hosts: readonly Host[];
  readonly groups: readonly SimGroup[];
  readonly invariants: Invariants;
  readonly foreign: ForeignCandidate | undefined;
  readonly rng: Rng;
  /** What somebody has removed for good. */
  readonly removed = new Set<string>();
  /** How often groups have gone from one state to another, and why. */
  readonly transitions: Transitions = {};
  /** Told of every event of every daemon. */
  onEvent: (host: Host, event: ElectorEvent) => void = () => undefined;

  /** Told of each fault as it begins and as it ends. */
  onFault: (fault: Fault, over: boolean) => void = () => undefined;

  constructor(schedule: Schedule) {
    const { scheduler } = this;
    const rng = new Rng(schedule.seed);
    this.rng = rng.fork('world');
    this.cluster = new Cluster(scheduler, rng.fork('leases'), schedule.etcdRate);
    this.watches = new Watches(this.cluster);
    this.groups = Array.from({ length: schedule.groups }, (_, index) =>
      groupOf(index, schedule.foreign),
    );
    const around = {
      scheduler,
      cluster: this.cluster,
      watches: this.watches,
      strangers: this.strangers,
      onEvent: (host: Host, event: ElectorEvent) => {
        if (event.type === 'transition') {
          const key = transitionKey(event.from, event.to, event.reason);
          this.transitions[key] = (this.transitions[key] ?? 0) + 1;
        }
        this.invariants.onEvent(host, event);
        this.onEvent(host, event);
      },
    };
    this.hosts = schedule.hosts.map((plan, index) => {
      const { startAtMs, holdForMs: _holds, profiles: _profiles, preference, ...rest } = plan;
      const more = preference === undefined ? {} : { ...preference, health: HEALTH };
      const groups = this.groups
        .filter((_, at) => plan.groups.includes(at))
        .map((group) => ({ ...group, ...more }));
      const options = { ...rest, timings: timingsOf(plan), groups };
      const host = new Host(`h${index}`, around, rng.fork(`host ${index}`), options);
      scheduler.after(startAtMs, () => host.start());
      for (const { atMs, timing } of plan.retimes ?? []) {
        scheduler.after(atMs, () => host.retime(timing));
      }
      return host;
    });
    this.invariants = new Invariants(this.hosts, this.groups, this.cluster, this.lan);
    // What a fault moves is moved back to whom it is preferred to have.
    if (schedule.hosts.some(({ preference }) => preference?.preemptAfterMs !== undefined)) {
      this.invariants.turnover.repetitions += MOVES_BACK * (schedule.faults.length + 1);
    }
    if (schedule.releasedBefore) {
      for (const { name } of this.groups) this.#writeReleased(name);
    }
    this.cluster.onChange = (change) => {
      for (const { kv } of change.events) scheduler.trace.mixText(kv.key);
      scheduler.trace.mix(scheduler.now, change.revision);
      this.invariants.onChange(change);
      this.watches.tell(change);
      this.foreign?.look();
    };
    if (schedule.foreign) {
      this.foreign = new ForeignCandidate(
        scheduler,
        this.cluster,
        rng.fork('foreign'),
        FOREIGN_ELECTION,
      );
    }
    scheduler.onSettled = (owner) => this.invariants.check(owner);
  }

  /** As the last hold of an earlier day ended. */
  #writeReleased(group: string): void {
    const value = encodeRecord({
      state: 'released',
      token: { key: `${keys.election(group)}/1`, createRevision: 1 },
      node: 'n9',
      identity: 'nobody',
      bootId: 'long-ago',
      seq: 1,
      ceilingMs: 4000,
      fenceLatencyMs: 143,
      sinceMs: 0,
      changedMs: 0,
      reason: 'shutdown',
      by: 'n9',
    });
    this.cluster.keyspace.apply([{ op: 'put', key: keys.holder(group), value }]);
  }
}
