import { GROUP_STATES, type GroupState, type Reason } from '../events.ts';
import type { Instruments } from './instruments.ts';

/** The transitions that alarms are made of are there as 0 from the start; others when they happen. */
const EXPECTED_TRANSITIONS: Partial<Record<GroupState, readonly Reason[]>> = {
  leading: ['elected', 'lease-resumed', 'handover'],
  withdrawing: [
    'handover',
    'shutdown',
    'fence-expired',
    'lease-lost',
    'deposed',
    'link-down',
    'link-missing',
    'unhealthy',
    'conflict',
    'etcd-unreachable',
    'drained',
    'preempted',
  ],
  faulted: [
    'link-down',
    'link-missing',
    'unhealthy',
    'drained',
    'conflict',
    'name-conflict',
    'foreign-address',
  ],
};

/** A VIP of a group, exactly as events name it. */
export interface GroupVip {
  readonly group: string;
  readonly vip: string;
}

/** One group as the events have told it. */
interface GroupView {
  state: GroupState;
  readonly vips: Set<string>;
  /** Links that each VIP is on. */
  readonly links: Map<string, Set<string>>;
  /** Links that each VIP has been on. */
  readonly everOn: Map<string, Set<string>>;
  /** Probes that fail. */
  readonly down: Set<string>;
}

/** What of the metrics is about groups: their states, who leads, which VIP is on which link. */
export class GroupMetrics {
  readonly #node: string;
  readonly #is: Instruments;
  readonly #groups = new Map<string, GroupView>();

  constructor(node: string, instruments: Instruments) {
    this.#node = node;
    this.#is = instruments;
  }

  /** From now on there is this group, following. */
  addGroup(group: string): void {
    this.#groups.set(group, {
      state: 'following',
      vips: new Set(),
      links: new Map(),
      everOn: new Map(),
      down: new Set(),
    });
    this.#setState(group, 'following');
    for (const [to, reasons] of Object.entries(EXPECTED_TRANSITIONS)) {
      for (const reason of reasons) this.#is.transitions.inc({ group, to, reason }, 0);
    }
  }

  /** The group is gone: its gauges go, its counters stay as they are. */
  removeGroup(group: string): void {
    const view = this.#groups.get(group);
    this.#groups.delete(group);
    this.#is.leader.remove({ group, node: this.#node });
    this.#is.healthProbeUp.remove({ group });
    for (const state of GROUP_STATES) this.#is.state.remove({ group, state });
    for (const [vip, links] of view?.everOn ?? []) {
      for (const link of links) this.#is.vipHeld.remove({ group, vip, link });
    }
  }

  /** From now on the group has this VIP, on no link yet. */
  addVip({ group, vip }: GroupVip): void {
    this.#groups.get(group)?.vips.add(vip);
    // IPv4 is announced in both forms of ARP, IPv6 by neighbour advertisements.
    for (const kind of vip.includes(':') ? ['na'] : ['request', 'reply']) {
      this.#is.announcements.inc({ vip, kind }, 0);
    }
    this.#is.driftRepaired.inc({ vip }, 0);
    this.#is.conflicts.inc({ vip }, 0);
  }

  /** A group came into a state. */
  transition(group: string, to: GroupState, reason: Reason): void {
    this.#is.transitions.inc({ group, to, reason });
    this.#setState(group, to);
  }

  /** A probe of the group succeeds, or fails: all have to succeed. */
  probe(group: string, probe: string, up: boolean): void {
    const down = this.#groups.get(group)?.down;
    if (up) down?.delete(probe);
    else down?.add(probe);
    this.#is.healthProbeUp.set({ group }, down?.size === 0 ? 1 : 0);
  }

  /** A VIP came on a link, or went off it. */
  setHeld({ group, vip }: GroupVip, link: string, held: boolean): void {
    this.#is.vipHeld.set({ group, vip, link }, held ? 1 : 0);
    const view = this.#groups.get(group);
    if (view === undefined) return;
    const links = view.links.get(vip) ?? new Set();
    view.everOn.set(vip, (view.everOn.get(vip) ?? new Set()).add(link));
    if (held) links.add(link);
    else links.delete(link);
    view.links.set(vip, links);
    this.#setLeader(group);
  }

  #setState(group: string, state: GroupState): void {
    for (const each of GROUP_STATES) this.#is.state.set({ group, state: each }, 0);
    this.#is.state.set({ group, state }, 1);
    const view = this.#groups.get(group);
    if (view !== undefined) view.state = state;
    this.#setLeader(group);
  }

  #setLeader(group: string): void {
    const view = this.#groups.get(group);
    const holds =
      view?.state === 'leading' &&
      view.vips.size > 0 &&
      [...view.vips].every((vip) => (view.links.get(vip)?.size ?? 0) > 0);
    this.#is.leader.set({ group, node: this.#node }, holds ? 1 : 0);
  }
}
