// What cannot work is refused at the start, in words, with the exit code that belongs to it, and
// nothing is changed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import {
  addressesOf,
  makeHosts,
  ramDirectory,
  startDaemon,
  startEtcd,
  VIP,
} from '../fixtures/hosts.ts';
import { openStore, within } from '../fixtures/etcd-store.ts';
import { Hand } from '../fixtures/hand.ts';
import { inNamespace } from '../fixtures/namespace.ts';
import { run } from '../fixtures/program.ts';

/** Nobody listens there: nothing that is refused gets so far as to ask. */
const ETCD = ['--etcd', 'http://10.77.1.254:2379', '--etcd-insecure'];

await inNamespace(t, import.meta.url, async () => {
  await t.test('without a capability: exit 4, which one, and how to give it', async (t) => {
    const [h1] = makeHosts(t);
    const before = addressesOf(h1);
    const runtimeDir = `${ramDirectory(t, 'none')}/run`;
    const args = ['run', '--vip', VIP, '--link', 'h1', ...ETCD];
    const cases = [
      { lost: ['net_admin'], named: ['CAP_NET_ADMIN'], others: ['CAP_NET_RAW ('] },
      { lost: ['net_raw'], named: ['CAP_NET_RAW'], others: ['CAP_NET_ADMIN ('] },
      { lost: ['net_admin', 'net_raw'], named: ['CAP_NET_ADMIN (', 'CAP_NET_RAW ('], others: [] },
    ];
    for (const { lost, named, others } of cases) {
      const without = lost.map((name) => `-${name}`).join(',');
      const by = ['setpriv', '--bounding-set', without, '--inh-caps', without];
      const ended = await run([...args, '--runtime-dir', runtimeDir], { namespace: 'h1', by });
      t.equal(ended.code, 4, `without ${lost.join(' and ')}`);
      for (const name of named) t.ok(ended.stderr.includes(name), ended.stderr);
      for (const name of others) t.notOk(ended.stderr.includes(name), 'the other is not blamed');
      t.match(ended.stderr, /AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW/, 'the remedy');
      t.match(ended.stderr, /^vip-elector: [^\n]*\n$/, 'one line, no stack');
      t.equal(ended.stdout, '', 'and nothing else');
    }
    t.strictSame(addressesOf(h1), before, 'no address was touched');
  });

  await t.test('a VIP that can be none: exit 2 with field, value and remedy', async (t) => {
    const runtimeDir = `${ramDirectory(t, 'none')}/run`;
    const tail = ['--link', 'h1', ...ETCD, '--runtime-dir', runtimeDir];
    makeHosts(t);
    const refusals = {
      '224.0.0.18': /--vip = "224.0.0.18": 224.0.0.18 is for groups of hosts; use a free unicast/,
      '127.0.0.9': /--vip = "127.0.0.9": 127.0.0.9 never leaves the host; use a free unicast/,
      // Only the links tell of these two.
      '10.77.1.0': /vips = "10.77.1.0": [^\n]*network or broadcast[^\n]* on h1; choose a free host/,
      '10.77.1.255': /vips = "10.77.1.255": [^\n]*10.77.1.1\/24 on h1; choose a free host/,
    };
    for (const [vip, wanted] of Object.entries(refusals)) {
      const ended = await run(['run', '--vip', vip, ...tail], { namespace: 'h1' });
      t.equal(ended.code, 2, vip);
      t.match(ended.stderr, /^vip-elector: configuration refused:\n/, vip);
      t.match(ended.stderr, wanted, vip);
      t.notMatch(ended.stderr, /\n {4}at /, 'no stack');
    }
  });

  await t.test('a VIP that Talos manages in this etcd: exit 2 with the remedy', async (t) => {
    const [h1] = makeHosts(t);
    const { endpoint } = await startEtcd(t);
    const { store } = openStore(t, [endpoint]);
    await store.grantLease('101', 60, within());
    await new Hand(store, '/vip-elector').put(`talos:v1:vip:election:${VIP}/101`, 'cp-1', '101');
    const before = addressesOf(h1);
    const daemon = startDaemon(t, h1, { endpoint, runtimeDir: ramDirectory(t, 'talos') });
    t.strictSame(await daemon.end(), { code: 2, signal: null }, 'by itself');
    t.match(daemon.stderr, /is managed by Talos in this etcd \(candidates "cp-1"\)/);
    t.match(daemon.stderr, /electionKey talos:v1:vip:election:/);
    t.strictSame(addressesOf(h1), before, 'no address was touched');
  });

  await t.test(
    'an endpoint whose name is the VIP: exit 2 by itself, and no lock stays',
    async (t) => {
      const [h1] = makeHosts(t);
      const { endpoint } = await startEtcd(t);
      const hosts = `${ramDirectory(t, 'hosts')}/hosts`;
      writeFileSync(hosts, `127.0.0.1 localhost\n${VIP} vip.test\n`);
      // In the mount namespace of this test, which the daemon inherits.
      execFileSync('mount', ['--bind', hosts, '/etc/hosts']);
      t.teardown(() => execFileSync('umount', ['/etc/hosts']));
      const before = addressesOf(h1);
      const runtimeDir = ramDirectory(t, 'refused');
      const refused = 'http://vip.test:2379';
      const daemon = startDaemon(t, h1, { endpoint: `${endpoint},${refused}`, runtimeDir });
      // Not one signal: it used to stay, with the lock, and to refuse its successors.
      t.strictSame(await daemon.end(), { code: 2, signal: null });
      t.match(daemon.stderr, /^vip-elector: configuration refused:\n/m);
      t.match(daemon.stderr, /etcd\.endpoints = "http:\/\/vip\.test:2379"/);
      t.match(daemon.stderr, /resolves to 10\.77\.1\.100, a VIP of this daemon/);
      t.match(daemon.stderr, /name the members by their own addresses/, 'the remedy');
      t.notMatch(daemon.stderr, /\n {4}at /, 'no stack');
      t.strictSame(addressesOf(h1), before, 'no address was touched');
      const next = startDaemon(t, h1, { endpoint, runtimeDir });
      await next.said({ msg: 'listening', component: 'http' });
      t.strictSame(await next.stop(), { code: 0, signal: null });
    },
  );

  await t.test('what fails after the locks and sockets were opened ends the process', async (t) => {
    const [h1] = makeHosts(t);
    const runtimeDir = ramDirectory(t, 'failed');
    mkdirSync(`${runtimeDir}/state.json`);
    const daemon = startDaemon(t, h1, { endpoint: 'http://10.77.1.254:2379', runtimeDir });
    const { code, signal } = await daemon.end();
    t.equal(signal, null);
    t.equal(code, 1);
    t.match(daemon.stderr, /state\.json/, 'what failed');
  });

  await t.test('a second daemon in the namespace, or with the runtime directory', async (t) => {
    const [h1] = makeHosts(t, 2);
    const { endpoint } = await startEtcd(t);
    const runtimeDir = ramDirectory(t, 'first');
    const first = startDaemon(t, h1, { endpoint, runtimeDir });
    await first.said({ msg: 'listening', component: 'http' });
    const args = [
      'run',
      '--vip',
      '10.77.2.100',
      '--etcd',
      endpoint,
      '--etcd-insecure',
      '--listen',
      'off',
    ];

    const other = `${ramDirectory(t, 'second')}/run`;
    const here = await run([...args, '--runtime-dir', other], { namespace: 'h1' });
    t.equal(here.code, 1, 'the same namespace');
    t.match(here.stderr, /^vip-elector: another vip-elector runs in this network namespace: /);
    t.match(here.stderr, /one daemon a host; give it more groups instead, or stop it first\n$/);

    const there = await run([...args, '--runtime-dir', runtimeDir], { namespace: 'h2' });
    t.equal(there.code, 1, 'the same runtime directory, from another namespace');
    t.equal(
      there.stderr,
      `vip-elector: another vip-elector uses ${runtimeDir}: one daemon a host; ` +
        'give it more groups instead, or stop it first\n',
    );
    t.ok(first.running, 'the first one goes on');

    await first.stop();
    const third = startDaemon(t, h1, { endpoint, runtimeDir });
    await third.said({ msg: 'listening', component: 'http' });
    t.pass('both locks end with the process');
    t.strictSame(await third.stop(), { code: 0, signal: null });
  });
});
