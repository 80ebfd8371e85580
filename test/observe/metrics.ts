import t from 'tap';
import { Metrics, type MetricsInit } from '../../src/observe/metrics.ts';

function metricsWith(over: Partial<MetricsInit> = {}): Metrics {
  return new Metrics({
    node: 'n1',
    version: '1.2.3',
    groups: ['web'],
    vips: [
      { group: 'web', vip: '10.0.0.5' },
      { group: 'web', vip: 'fd00::5' },
    ],
    slackSeconds: () => undefined,
    ...over,
  });
}

/** The value of one series, undefined when it is absent. */
async function value(metrics: Metrics, series: string): Promise<string | undefined> {
  const lines = (await metrics.text()).split('\n');
  return lines.find((line) => line.startsWith(`${series} `))?.slice(series.length + 1);
}

await t.test('every metric of the design is there, beside those of Node', async (t) => {
  const text = await metricsWith().text();
  const names = [...text.matchAll(/^# TYPE vip_elector_(\w+) (\w+)$/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  t.same(names.toSorted(), [
    'announcements_total counter',
    'build_info gauge',
    'cert_expiry_seconds gauge',
    'conflicts_total counter',
    'drift_repaired_total counter',
    'etcd_connected gauge',
    'etcd_errors_total counter',
    'event_loop_lag_seconds gauge',
    'fence_info gauge',
    'health_probe_up gauge',
    'heartbeat_duration_seconds histogram',
    'heartbeat_failures_total counter',
    'hold_for_seconds gauge',
    'hold_slack_at_proof_seconds histogram',
    'hold_slack_seconds gauge',
    'hook_failures_total counter',
    'leader gauge',
    'state gauge',
    'takeover_duration_seconds histogram',
    'transitions_total counter',
    'vip_held gauge',
  ]);
  t.match(text, /^process_cpu_seconds_total /m);
  t.match(text, /^nodejs_eventloop_lag_seconds /m);
  t.notMatch(
    text,
    /nodejs_eventloop_lag_(min|max|mean|stddev|p\d+)_/,
    'none that needs a 10 ms timer',
  );
});

await t.test('two instances do not share a registry', async (t) => {
  const one = metricsWith();
  const other = metricsWith();
  one.record({ type: 'etcd-connected', connected: true });
  t.equal(await value(one, 'vip_elector_etcd_connected'), '1');
  t.equal(await value(other, 'vip_elector_etcd_connected'), '0');
});

await t.test('counters are 0 before anything happens, and what is unknown is absent', async (t) => {
  const metrics = metricsWith();
  for (const series of [
    'vip_elector_transitions_total{group="web",to="withdrawing",reason="fence-expired"}',
    'vip_elector_announcements_total{vip="10.0.0.5",kind="request"}',
    'vip_elector_announcements_total{vip="10.0.0.5",kind="reply"}',
    'vip_elector_announcements_total{vip="fd00::5",kind="na"}',
    'vip_elector_drift_repaired_total{vip="10.0.0.5"}',
    'vip_elector_conflicts_total{vip="fd00::5"}',
    'vip_elector_heartbeat_failures_total{code="DEADLINE_EXCEEDED"}',
    'vip_elector_etcd_errors_total{code="UNAVAILABLE"}',
    'vip_elector_leader{group="web",node="n1"}',
    'vip_elector_etcd_connected',
  ]) {
    t.equal(await value(metrics, series), '0', series);
  }
  t.equal(await value(metrics, 'vip_elector_build_info{version="1.2.3",node="n1"}'), '1');
  const fence = 'vip_elector_fence_info{kind="address-lifetime"}';
  t.equal(await value(metrics, fence), undefined);
  metrics.record({ type: 'fence', kind: 'address-lifetime', profile: 'seconds', egress: false });
  t.equal(await value(metrics, fence), '1');
  for (const series of [
    'vip_elector_hold_slack_seconds',
    'vip_elector_hold_for_seconds',
    'vip_elector_cert_expiry_seconds',
    'vip_elector_health_probe_up{group="web"}',
  ]) {
    t.equal(await value(metrics, series), undefined, series);
  }
});

await t.test('slack and certificate are asked for at each scrape', async (t) => {
  let slack: number | undefined;
  const metrics = metricsWith({ slackSeconds: () => slack, certExpirySeconds: () => 86_400 });
  t.equal(await value(metrics, 'vip_elector_hold_slack_seconds'), undefined);
  slack = 2.5;
  t.equal(await value(metrics, 'vip_elector_hold_slack_seconds'), '2.5');
  slack = undefined;
  t.equal(await value(metrics, 'vip_elector_hold_slack_seconds'), undefined);
  t.equal(await value(metrics, 'vip_elector_cert_expiry_seconds'), '86400');
});

await t.test('durations are seconds; slack at the proof is only of beats that held', async (t) => {
  const metrics = metricsWith();
  metrics.record({ type: 'beat', durationMs: 20, holdForMs: 4000 });
  metrics.record({ type: 'beat', durationMs: 30, holdForMs: 4000, slackMs: 3400 });
  metrics.record({ type: 'takeover', group: 'web', durationMs: 4500 });
  t.equal(await value(metrics, 'vip_elector_heartbeat_duration_seconds_sum'), '0.05');
  t.equal(await value(metrics, 'vip_elector_hold_for_seconds'), '4');
  t.equal(await value(metrics, 'vip_elector_hold_slack_at_proof_seconds_count'), '1');
  t.equal(await value(metrics, 'vip_elector_hold_slack_at_proof_seconds_sum'), '3.4');
  t.equal(await value(metrics, 'vip_elector_takeover_duration_seconds_sum'), '4.5');
});

await t.test('failures, frames and repairs are counted by their labels', async (t) => {
  const metrics = metricsWith();
  metrics.record({ type: 'beat-failed', code: 'UNAVAILABLE', err: 'refused' });
  metrics.record({ type: 'etcd-error', code: 'UNKNOWN', call: 'txn', endpoint: 'e', err: 'x' });
  metrics.record({ type: 'announced', vip: '10.0.0.5', link: 'end0', kind: 'reply' });
  metrics.record({
    type: 'drift-repaired',
    group: 'web',
    vip: '10.0.0.5',
    link: 'end0',
    durationMs: 1,
  });
  for (const series of [
    'vip_elector_heartbeat_failures_total{code="UNAVAILABLE"}',
    'vip_elector_etcd_errors_total{code="UNKNOWN"}',
    'vip_elector_announcements_total{vip="10.0.0.5",kind="reply"}',
    'vip_elector_drift_repaired_total{vip="10.0.0.5"}',
  ]) {
    t.equal(await value(metrics, series), '1', series);
  }
});

await t.test('the lag is the longest since the last scrape', async (t) => {
  const metrics = metricsWith();
  metrics.record({ type: 'loop-lag', lagMs: 300 });
  metrics.record({ type: 'loop-lag', lagMs: 100 });
  t.equal(await value(metrics, 'vip_elector_event_loop_lag_seconds'), '0.3');
  t.equal(await value(metrics, 'vip_elector_event_loop_lag_seconds'), '0');
});
