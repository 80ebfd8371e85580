import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/**
 * Where the buckets lie, in seconds. Heartbeats: a round trip to etcd, up to the request deadline
 * of 0.8 s and past it. Slack: up to a hold of 4 s; what is near 0 was nearly too late. Takeovers:
 * a round trip to etcd and one to the kernel, and as long as a hold where etcd is slow.
 */
const HEARTBEAT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.8, 1, 2];
const SLACK_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4];
const TAKEOVER_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8];

/** Values that are asked for at each scrape; undefined: the metric is absent. */
export interface ScrapedValues {
  readonly slackSeconds: () => number | undefined;
  readonly loopLagSeconds: () => number;
  readonly certExpirySeconds: () => number | undefined;
}

/** Every metric of the daemon by its name without `vip_elector_` (design §8). */
export type Instruments = ReturnType<typeof createInstruments>;

/** Registers every metric of the daemon. */
export function createInstruments(registry: Registry, scraped: ScrapedValues) {
  const registers = [registry];
  function gauge<L extends string>(name: string, help: string, labelNames: readonly L[]) {
    return new Gauge({ name: `vip_elector_${name}`, help, labelNames, registers });
  }
  function counter<L extends string>(name: string, help: string, labelNames: readonly L[]) {
    return new Counter({ name: `vip_elector_${name}`, help, labelNames, registers });
  }
  function histogram(name: string, help: string, buckets: number[]) {
    return new Histogram({ name: `vip_elector_${name}`, help, buckets, registers });
  }
  /** A metric without labels begins as 0 in prom-client: this one is absent while unknown. */
  function scrapedGauge(name: string, help: string, value: () => number | undefined) {
    return new Gauge({
      name: `vip_elector_${name}`,
      help,
      registers,
      collect() {
        const now = value();
        if (now === undefined) this.remove();
        else this.set(now);
      },
    });
  }
  return {
    ...groupInstruments(gauge, counter),
    holdSlack: scrapedGauge(
      'hold_slack_seconds',
      'What is left of the right to hold now; absent while nothing is held.',
      scraped.slackSeconds,
    ),
    holdSlackAtProof: histogram(
      'hold_slack_at_proof_seconds',
      'What was left of the right to hold when the next heartbeat was confirmed.',
      SLACK_BUCKETS,
    ),
    holdFor: gauge('hold_for_seconds', 'Promise of the last confirmed heartbeat.', []),
    heartbeatDuration: histogram(
      'heartbeat_duration_seconds',
      'From sending a heartbeat to its confirmation.',
      HEARTBEAT_BUCKETS,
    ),
    heartbeatFailures: counter('heartbeat_failures_total', 'Heartbeats not confirmed.', ['code']),
    loopLag: scrapedGauge(
      'event_loop_lag_seconds',
      'Longest delay of the event loop since the last scrape.',
      scraped.loopLagSeconds,
    ),
    takeoverDuration: histogram(
      'takeover_duration_seconds',
      'From the sending of the taking until every VIP of the group was on its link.',
      TAKEOVER_BUCKETS,
    ),
    etcdErrors: counter('etcd_errors_total', 'Calls to etcd that failed.', ['code']),
    etcdConnected: gauge('etcd_connected', '1 while at least one endpoint serves.', []),
    fenceInfo: gauge('fence_info', 'What takes the VIP away when this process cannot.', ['kind']),
    hookFailures: counter('hook_failures_total', 'Hooks that failed.', ['hook']),
    certExpiry: scrapedGauge(
      'cert_expiry_seconds',
      'Seconds until the client certificate for etcd expires; absent without one.',
      scraped.certExpirySeconds,
    ),
  };
}

type Make<T> = <L extends string>(name: string, help: string, labelNames: readonly L[]) => T;

function groupInstruments(gauge: Make<Gauge>, counter: Make<Counter>) {
  return {
    buildInfo: gauge('build_info', 'Always 1.', ['version', 'node']),
    leader: gauge('leader', '1 only while this node holds every VIP of the group.', [
      'group',
      'node',
    ]),
    state: gauge('state', '1 for the state that the group is in.', ['group', 'state']),
    vipHeld: gauge('vip_held', '1 while the VIP is on the link.', ['group', 'vip', 'link']),
    transitions: counter('transitions_total', 'Transitions of a group by its new state.', [
      'group',
      'to',
      'reason',
    ]),
    announcements: counter('announcements_total', 'Frames sent that announce the VIP.', [
      'vip',
      'kind',
    ]),
    driftRepaired: counter(
      'drift_repaired_total',
      'Times that someone else deleted the VIP and it was put back.',
      ['vip'],
    ),
    conflicts: counter('conflicts_total', 'Times that another station answered for the VIP.', [
      'vip',
    ]),
    healthProbeUp: gauge('health_probe_up', '1 while every probe of the group succeeds.', [
      'group',
    ]),
  };
}
