import { collectDefaultMetrics, Registry } from 'prom-client';
import type { StoreErrorCode } from '../election/store.ts';
import { GROUP_STATES, type ElectorEvent, type GroupState, type Reason } from '../events.ts';
import { createInstruments, type Instruments } from './instruments.ts';

/** What the metrics must know from the start. */
export interface MetricsInit {
  readonly node: string;
  readonly version: string;
  /** Names of the groups. */
  readonly groups: readonly string[];
  /** Every VIP, `vip` exactly as events name it. */
  readonly vips: readonly { readonly group: string; readonly vip: string }[];
  /** Seconds left of the right to hold; undefined when nothing is held. Asked at each scrape. */
  readonly slackSeconds: () => number | undefined;
  /** Seconds until the client certificate expires; undefined without one. Asked at each scrape. */
  readonly certExpirySeconds?: () => number | undefined;
}

/** Their counters are there as 0 from the start: rate() must see the first increment. */
const ERROR_CODES = [
  'DEADLINE_EXCEEDED',
  'UNAVAILABLE',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'CERTIFICATE',
  'UNKNOWN',
] as const satisfies readonly StoreErrorCode[];
/** The transitions that alarms are made of; all others appear when they happen. */
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
  faulted: ['link-down', 'link-missing', 'unhealthy', 'drained', 'name-conflict'],
};

const MS_PER_SECOND = 1000;

/** The longest interval that `monitorEventLoopDelay` takes, in milliseconds: 25 days. */
const NEVER_MS = 2_147_483_647;
/** Node's own metrics that need a timer of 10 ms to be sampled. */
const SAMPLED = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
  (what) => `nodejs_eventloop_lag_${what}_seconds`,
);

/**
 * Node's defaults, but for those that would wake the process 100 times a second: a fifth of all that
 * an idle daemon costs. How late the event loop was is in `vip_elector_event_loop_lag_seconds`.
 */
function collectNodeMetrics(register: Registry): void {
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: NEVER_MS });
  for (const name of SAMPLED) register.removeSingleMetric(name);
}

/** One group as the events have told it. */
interface GroupView {
  state: GroupState;
  readonly vips: Set<string>;
  /** Links that each VIP is on. */
  readonly links: Map<string, Set<string>>;
}

/** The daemon's metrics in a registry of its own, filled from its events. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #node: string;
  readonly #is: Instruments;
  readonly #groups = new Map<string, GroupView>();
  #loopLagMs = 0;

  constructor(init: MetricsInit) {
    this.#node = init.node;
    collectNodeMetrics(this.#registry);
    this.#is = createInstruments(this.#registry, {
      slackSeconds: init.slackSeconds,
      loopLagSeconds: () => this.#takeLoopLag() / MS_PER_SECOND,
      certExpirySeconds: init.certExpirySeconds ?? (() => undefined),
    });
    this.#is.buildInfo.set({ version: init.version, node: init.node }, 1);
    this.#is.holdFor.remove(); // Unknown until the first heartbeat; 0 would be a promise.
    for (const code of ERROR_CODES) {
      this.#is.heartbeatFailures.inc({ code }, 0);
      this.#is.etcdErrors.inc({ code }, 0);
    }
    for (const group of init.groups) this.#addGroup(group);
    for (const { group, vip } of init.vips) this.#addVip(group, vip);
  }

  #addGroup(group: string): void {
    this.#groups.set(group, { state: 'following', vips: new Set(), links: new Map() });
    this.#setState(group, 'following');
    for (const [to, reasons] of Object.entries(EXPECTED_TRANSITIONS)) {
      for (const reason of reasons) this.#is.transitions.inc({ group, to, reason }, 0);
    }
  }

  #addVip(group: string, vip: string): void {
    this.#groups.get(group)?.vips.add(vip);
    // IPv4 is announced in both forms of ARP, IPv6 by neighbour advertisements.
    for (const kind of vip.includes(':') ? ['na'] : ['request', 'reply']) {
      this.#is.announcements.inc({ vip, kind }, 0);
    }
    this.#is.driftRepaired.inc({ vip }, 0);
    this.#is.conflicts.inc({ vip }, 0);
  }

  /** Takes in one event. */
  record(event: ElectorEvent): void {
    switch (event.type) {
      case 'transition':
        this.#is.transitions.inc({ group: event.group, to: event.to, reason: event.reason });
        this.#setState(event.group, event.to);
        return;
      case 'vip-held':
        this.#setHeld(event.group, event.vip, event.link, event.held);
        return;
      case 'takeover':
        this.#is.takeoverDuration.observe(event.durationMs / MS_PER_SECOND);
        return;
      case 'fence':
        this.#is.fenceInfo.set({ kind: event.kind }, 1);
        return;
      case 'beat':
        this.#recordBeat(event);
        return;
      case 'beat-failed':
        this.#is.heartbeatFailures.inc({ code: event.code });
        return;
      case 'etcd-connected':
        this.#is.etcdConnected.set(event.connected ? 1 : 0);
        return;
      case 'etcd-error':
        this.#is.etcdErrors.inc({ code: event.code });
        return;
      case 'announced':
        this.#is.announcements.inc({ vip: event.vip, kind: event.kind });
        return;
      case 'drift-repaired':
        this.#is.driftRepaired.inc({ vip: event.vip });
        return;
      case 'loop-lag':
        this.#loopLagMs = Math.max(this.#loopLagMs, event.lagMs);
        return;
      case 'started':
      case 'state-unwritable':
      case 'stopping':
      case 'stopped':
      case 'listen-failed':
      case 'listening':
      case 'leader-changed':
      case 'leaseless-candidate':
      case 'lease-granted':
      case 'lease-gone':
      case 'terms-changed': // `beat` tells the promise.
      case 'fence-failed':
      case 'fence-repaired':
      case 'name-conflict':
      case 'name-conflict-over':
      case 'claim-renewed':
      case 'etcd-regressed':
      case 'endpoint':
      case 'etcd-version':
      case 'withdraw-failed':
      case 'leftover-withdrawn':
      case 'announce-failed':
      case 'network-overrun':
      case 'call':
      case 'watched':
        return; // For the log alone: design §8 names no metric for these.
    }
  }

  /** The content of `/metrics`, in the text format that `contentType` names. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #recordBeat({ durationMs, holdForMs, slackMs }: Extract<ElectorEvent, { type: 'beat' }>): void {
    this.#is.heartbeatDuration.observe(durationMs / MS_PER_SECOND);
    this.#is.holdFor.set(holdForMs / MS_PER_SECOND);
    if (slackMs !== undefined) this.#is.holdSlackAtProof.observe(slackMs / MS_PER_SECOND);
  }

  #setState(group: string, state: GroupState): void {
    for (const each of GROUP_STATES) this.#is.state.set({ group, state: each }, 0);
    this.#is.state.set({ group, state }, 1);
    const view = this.#groups.get(group);
    if (view !== undefined) view.state = state;
    this.#setLeader(group);
  }

  #setHeld(group: string, vip: string, link: string, held: boolean): void {
    this.#is.vipHeld.set({ group, vip, link }, held ? 1 : 0);
    const view = this.#groups.get(group);
    if (view === undefined) return;
    const links = view.links.get(vip) ?? new Set();
    if (held) links.add(link);
    else links.delete(link);
    view.links.set(vip, links);
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

  /** Starts anew at each scrape. */
  #takeLoopLag(): number {
    const lagMs = this.#loopLagMs;
    this.#loopLagMs = 0;
    return lagMs;
  }
}
