import { Registry } from 'prom-client';
import type { StoreErrorCode } from '../election/store.ts';
import type { ElectorEvent } from '../events.ts';
import { GroupMetrics, type GroupVip } from './group-metrics.ts';
import { createInstruments, type Instruments } from './instruments.ts';
import { collectNodeMetrics } from './node-metrics.ts';

/** What the metrics must know from the start. */
export interface MetricsInit {
  readonly node: string;
  readonly version: string;
  /** Names of the groups. */
  readonly groups: readonly string[];
  readonly vips: readonly GroupVip[];
  /** Names of the hooks that are configured. */
  readonly hooks?: readonly string[];
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

const MS_PER_SECOND = 1000;

/** What happens to one VIP on its LAN. */
type OnLan = Extract<ElectorEvent, { type: 'announced' | 'drift-repaired' | 'conflict' }>;

/** What makes the state of one group. */
type OfGroup = Extract<
  ElectorEvent,
  { type: 'transition' | 'vip-held' | 'probe' | 'group-added' | 'group-removed' }
>;

/** The daemon's metrics in a registry of its own, filled from its events. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #is: Instruments;
  readonly #groups: GroupMetrics;
  #loopLagMs = 0;

  constructor(init: MetricsInit) {
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
    for (const hook of init.hooks ?? []) this.#is.hookFailures.inc({ hook }, 0);
    this.#groups = new GroupMetrics(init.node, this.#is);
    for (const group of init.groups) this.#groups.addGroup(group);
    for (const vip of init.vips) this.#groups.addVip(vip);
  }

  /** Takes in one event. */
  record(event: ElectorEvent): void {
    switch (event.type) {
      case 'transition':
      case 'vip-held':
      case 'group-added':
      case 'group-removed':
      case 'probe':
        return this.#ofGroup(event);
      case 'takeover':
        return this.#is.takeoverDuration.observe(event.durationMs / MS_PER_SECOND);
      case 'fence':
        return this.#is.fenceInfo.set({ kind: event.kind }, 1);
      case 'beat':
        return this.#recordBeat(event);
      case 'beat-failed':
        return this.#is.heartbeatFailures.inc({ code: event.code });
      case 'etcd-connected':
        return this.#is.etcdConnected.set(event.connected ? 1 : 0);
      case 'etcd-error':
        return this.#is.etcdErrors.inc({ code: event.code });
      case 'announced':
      case 'drift-repaired':
      case 'conflict':
        this.#countOnLan(event);
        return;
      case 'loop-lag':
        this.#loopLagMs = Math.max(this.#loopLagMs, event.lagMs);
        return;
      case 'hook-failed':
        return this.#is.hookFailures.inc({ hook: event.hook });
      case 'started':
      case 'state-unwritable':
      case 'stopping':
      case 'stopped':
      case 'listen-failed':
      case 'notify-failed':
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
      case 'credentials':
      case 'withdraw-failed':
      case 'leftover-withdrawn':
      case 'announce-failed':
      case 'network-overrun':
      case 'reloaded':
      case 'reload-refused':
      case 'health': // `health_probe_up` and the state tell.
      case 'hook-done':
      case 'prefix-refused':
      case 'hint':
      case 'conflict-over':
      case 'deaf':
      case 'call':
      case 'watched':
        return; // For the log alone: design §8 names no metric for these.
    }
  }

  #ofGroup(event: OfGroup): void {
    const { group } = event;
    switch (event.type) {
      case 'transition':
        return this.#groups.transition(group, event.to, event.reason);
      case 'vip-held':
        return this.#groups.setHeld(event, event.link, event.held);
      case 'probe':
        return this.#groups.probe(group, event.probe, event.up);
      case 'group-removed':
        return this.#groups.removeGroup(group);
      case 'group-added':
        this.#groups.addGroup(group);
        for (const vip of event.vips) this.#groups.addVip({ group, vip });
    }
  }

  #countOnLan(event: OnLan): void {
    const { vip } = event;
    if (event.type === 'announced') this.#is.announcements.inc({ vip, kind: event.kind });
    else if (event.type === 'conflict') this.#is.conflicts.inc({ vip });
    else this.#is.driftRepaired.inc({ vip });
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

  /** Starts anew at each scrape. */
  #takeLoopLag(): number {
    const lagMs = this.#loopLagMs;
    this.#loopLagMs = 0;
    return lagMs;
  }
}
