import { collectDefaultMetrics, type Registry } from 'prom-client';

/** The longest interval that `monitorEventLoopDelay` takes, in milliseconds: 25 days. */
const NEVER_MS = 2_147_483_647;
/** Node's own metrics that need a timer of 10 ms to be sampled. */
const SAMPLED = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
  (what) => `nodejs_eventloop_lag_${what}_seconds`,
);

/** Gauges with the ending of counters, at which `promtool check metrics` takes offence; each is a sum. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

/**
 * Registers Node's defaults, but for those that would wake the process 100 times a second: a fifth of
 * all that an idle daemon costs. How late the event loop was is in
 * `vip_elector_event_loop_lag_seconds`.
 */
export function collectNodeMetrics(register: Registry): void {
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: NEVER_MS });
  for (const name of [...SAMPLED, ...MISNAMED]) register.removeSingleMetric(name);
}
