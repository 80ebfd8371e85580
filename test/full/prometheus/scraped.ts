// Three hosts with the daemon, scraped by a real Prometheus: every metric is there with what happens, each
// panel of the dashboard has something to show, and each alert fires while its fault lasts and no longer.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { CertificateAuthority } from '../../fixtures/certificates.ts';
import {
  ask,
  has,
  makeHosts,
  metric,
  ramDirectory,
  startDaemon,
  startEtcd,
  VIP,
  type Host,
} from '../../fixtures/hosts.ts';
import { inNamespace, ip } from '../../fixtures/namespace.ts';
import { until, type Program } from '../../fixtures/program.ts';
import { Prometheus, RANGE } from '../../fixtures/prometheus.ts';

const DASHBOARD = new URL('../../../deploy/prometheus/dashboard.json', import.meta.url);
/** Design §8, less what this configuration has not. */
const METRICS = [
  'announcements_total',
  'build_info',
  'cert_expiry_seconds',
  'conflicts_total',
  'drift_repaired_total',
  'etcd_connected',
  'etcd_errors_total',
  'event_loop_lag_seconds',
  'fence_info',
  'heartbeat_duration_seconds_count',
  'heartbeat_failures_total',
  'hold_for_seconds',
  'hold_slack_at_proof_seconds_count',
  'hook_failures_total',
  'leader',
  'state',
  'takeover_duration_seconds_count',
  'transitions_total',
  'vip_held',
];
/** A freeze that leaves a holder of profile `steady` (3 s, a beat each 500 ms) 100 to 500 ms. */
const NEARLY_MS = 2400;
/** More than the rule wants within its range. */
const MOVES = 7;

await inNamespace(t, import.meta.url, async () => {
  const dir = ramDirectory(t, 'scraped');
  const hosts = makeHosts<3>(t, 3);
  const ca = new CertificateAuthority(dir, 'ca');
  // Good for ten days: the alert wants fourteen.
  const client = ca.issue('elector', { days: 10 });
  const tls = { ...ca.issue('server', { names: 'IP:10.77.1.254' }), caFile: ca.caFile };
  const { cluster, endpoint } = await startEtcd(t, { tls: { ...tls, clientCertAuth: true } });
  const failing = join(dir, 'hook');
  writeFileSync(failing, '#!/bin/sh\necho out of order >&2; exit 1\n', { mode: 0o755 });
  const dirs = new Map(hosts.map(({ name }) => [name, ramDirectory(t, name)]));
  const daemons = new Map<string, Program>();
  const start = (host: Host): void => {
    const place = ['--vip', VIP, '--link', host.name, '--etcd-ca', ca.caFile];
    const hook = ['--hook-elected', failing];
    const files = ['--etcd-cert', client.certFile, '--etcd-key', client.keyFile];
    const runtimeDir = dirs.get(host.name) ?? '';
    daemons.set(
      host.name,
      startDaemon(t, host, { endpoint, runtimeDir, args: [...place, ...files, ...hook] }),
    );
  };
  const daemonOf = ({ name }: Host): Program => daemons.get(name)!;
  const holder = (): Promise<Host> =>
    until('somebody holds it', () => hosts.find((host) => has(host, VIP)));

  let lie = '';
  const liar = createServer((_request, response) => response.end(lie));
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
  t.teardown(() => liar.close());
  const { port } = liar.address() as { port: number };

  for (const host of hosts) start(host);
  const targets = [...hosts.map(({ address }) => `${address}:2112`), `127.0.0.1:${port}`];
  const prometheus = await Prometheus.start(t, dir, targets);
  await holder();

  await t.test('every node has every metric', async (t) => {
    await until('all three tell of the group, which one holds', async () => {
      const [nodes] = await prometheus.query('count(vip_elector_leader)');
      const [holders] = await prometheus.query('sum(vip_elector_leader)');
      return (nodes?.value[1] === '3' && holders?.value[1] === '1') || undefined;
    });
    const [first] = hosts;
    const all = 'count by (__name__) ({__name__=~"vip_elector_.+", instance!~"127.*"})';
    // A link is known only when a VIP has been on it, a takeover only where one was.
    const once = new Set(['vip_held']);
    const found = new Map(
      (await prometheus.query(all)).map(({ metric, value }) => [metric['__name__'], value[1]]),
    );
    for (const name of METRICS) {
      const count = Number(found.get(`vip_elector_${name}`));
      t.ok(once.has(name) ? count >= 1 : count >= 3, `${name}: ${count}`);
    }
    const input = (await ask(first, '/metrics')).text;
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    });
    t.equal(stdout + stderr, '', 'promtool check metrics');
  });

  await t.test('a hook that fails is told, and the address is held all the same', async (t) => {
    const own = await holder();
    const err = 'exited with 1: out of order';
    await daemonOf(own).said({ msg: 'hook failed', hook: 'elected', group: 'default', err });
    await prometheus.fires('VipElectorHookFails');
    t.ok(has(own, VIP));
  });

  await t.test('the certificate alarms until it is renewed', async () => {
    await prometheus.fires('VipElectorCertificateExpires');
    // In place: the daemon looks at the file, and goes on with what it has loaded.
    ca.issue('elector', { days: 90 });
    await prometheus.quiet();
  });

  await t.test('deleted, added by hand, late, and moved: each is told', async (t) => {
    const own = await holder();
    ip('-n', own.name, 'address', 'del', `${VIP}/32`, 'dev', own.name);
    await prometheus.fires('VipElectorDrift');

    const other = hosts.find(({ name }) => name !== own.name)!;
    ip('-n', other.name, 'address', 'add', `${VIP}/24`, 'dev', other.name);
    await daemonOf(other).said({ msg: 'transition', to: 'faulted', reason: 'foreign-address' });
    await prometheus.fires('VipElectorConflict');
    await prometheus.fires('VipElectorNodeNotReady');
    ip('-n', other.name, 'address', 'del', `${VIP}/24`, 'dev', other.name);

    let isLow = false;
    for (let tries = 0; tries < 10 && !isLow; tries += 1) {
      const late = await until('somebody holds it', () => hosts.find((host) => has(host, VIP)));
      daemonOf(late).signal('SIGSTOP');
      await sleep(NEARLY_MS);
      daemonOf(late).signal('SIGCONT');
      await sleep(600);
      isLow = (await prometheus.firing()).includes('VipElectorSlackLow');
    }
    t.ok(isLow, 'slack was low');

    for (let moves = 0; moves < MOVES; moves += 1) {
      const from = await holder();
      await daemonOf(from).stop();
      start(from);
      await daemonOf(from).said({ msg: 'listening', component: 'http' });
      await holder();
    }
    await prometheus.fires('VipElectorFlapping');
    await prometheus.quiet();
  });

  await t.test('each panel has something to show', async (t) => {
    const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    for (const { title, targets } of panels) {
      for (const { expr } of targets) {
        const query = expr.replaceAll('$__rate_interval', RANGE).replaceAll('$group', '.*');
        t.not((await prometheus.query(query)).length, 0, `${title}: ${query}`);
      }
    }
  });

  await t.test('a node that is away', async (t) => {
    const own = await holder();
    const other = hosts.find(({ name }) => name !== own.name)!;
    await daemonOf(other).kill();
    await prometheus.fires('VipElectorNodeDown');
    t.notOk((await prometheus.firing()).includes('VipElectorNoHolder'), 'it held nothing');
    start(other);
    await prometheus.quiet();
  });

  await t.test('a second holder', async () => {
    lie = 'vip_elector_leader{group="default",node="liar"} 1\n';
    await prometheus.fires('VipElectorTwoHolders');
    lie = '';
    await prometheus.quiet();
  });

  await t.test(
    'no etcd: nobody holds it, nobody is ready, and afterwards all is well',
    async (t) => {
      await cluster.members[0]!.stop();
      await prometheus.fires('VipElectorNoHolder');
      await prometheus.fires('VipElectorNodeNotReady');
      await prometheus.fires('VipElectorEtcdErrors');
      await cluster.members[0]!.start();
      await prometheus.quiet();
      await holder();
      const leaders = await Promise.all(
        hosts.map(async (host) => {
          const { text } = await ask(host, '/metrics');
          return metric(text, `vip_elector_leader{group="default",node="${host.name}"}`) ?? 0;
        }),
      );
      t.same(
        leaders.toSorted((a, b) => a - b),
        [0, 0, 1],
      );
    },
  );

  await t.test('nobody to scrape', async () => {
    for (const daemon of daemons.values()) await daemon.stop();
    await prometheus.fires('VipElectorAbsent');
  });
});
