// Probes of real daemons on real links: who is unhealthy hands over, and holds only when nobody else would.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import {
  ask,
  holds,
  makeSite,
  metric,
  ramDirectory,
  recordOf,
  VIP,
  type Host,
} from '../fixtures/hosts.ts';
import { inNamespace, ip } from '../fixtures/namespace.ts';

/** On the LAN of the first host, beside etcd's address. */
const GATEWAY = '10.77.1.253';
const FAST = ['--health-every', '300ms', '--health-timeout', '250ms', '--health-fall', '2'];

await inNamespace(t, import.meta.url, async () => {
  const { h1, h2, endpoint, start } = await makeSite(t, { hosts: 2 });
  ip('address', 'add', `${GATEWAY}/32`, 'dev', h1.port);
  const dir = ramDirectory(t, 'probes');
  const mark = (host: Host): string => join(dir, `${host.name}-works`);
  const probe = (host: Host): string => join(dir, `${host.name}-probe`);
  for (const host of [h1, h2]) {
    writeFileSync(mark(host), '');
    writeFileSync(probe(host), `#!/bin/sh\ntest -e ${mark(host)}\n`, { mode: 0o755 });
  }
  const daemonOn = (host: Host, ...probes: string[]) =>
    start(host, {
      args: ['--vip', VIP, '--link', host.name, '--health', probes.join(','), ...FAST],
    });
  const first = daemonOn(h1, `exec:${probe(h1)}`, `arp:${GATEWAY}`);
  await first.said({ msg: 'transition', to: 'leading', reason: 'elected' });
  const second = daemonOn(h2, `exec:${probe(h2)}`);
  await second.said({ msg: 'node is healthy' });
  await second.said({ msg: 'leader changed', leader: 'h1' });

  await t.test(
    'cut off from its gateway, not from etcd: it hands over, and says why',
    async (t) => {
      ip('address', 'del', `${GATEWAY}/32`, 'dev', h1.port);
      await first.said({ msg: 'probe fails', probe: `arp:${GATEWAY}` });
      const why = { msg: 'transition', to: 'withdrawing', reason: 'unhealthy' };
      t.match(await first.said(why), { detail: `arp:${GATEWAY}: no answer within 250 ms` });
      await holds(h2);
      t.match(recordOf(endpoint), { state: 'held', node: 'h2' });
      await first.said({ msg: 'transition', to: 'faulted', reason: 'unhealthy' });
      const { text } = await ask(h1, '/metrics');
      t.equal(metric(text, 'vip_elector_health_probe_up{group="default"}'), 0);
      const { groups } = JSON.parse((await ask(h1, '/status')).text) as { groups: unknown[] };
      t.match(groups[0], { state: 'faulted', health: { verdict: 'unhealthy' } });
    },
  );

  await t.test('with nobody healthy the holder keeps it', async (t) => {
    rmSync(mark(h2));
    await second.said({ msg: 'node is unhealthy' });
    // Ten rounds of probes in which it might have been given up.
    await systemClock.sleep(3000);
    t.equal(second.all({ to: 'withdrawing' }).length, 0);
    t.match(recordOf(endpoint), { state: 'held', node: 'h2' });
  });

  await t.test('nobody else for 10 s: an unhealthy one takes', async (t) => {
    await second.kill();
    await first.said({ msg: 'transition', to: 'leading', reason: 'last-resort' });
    await holds(h1);
    t.match(recordOf(endpoint), { state: 'held', node: 'h1' });
  });

  await t.test('and hands over as soon as one is healthy', async (t) => {
    writeFileSync(mark(h2), '');
    const third = daemonOn(h2, `exec:${probe(h2)}`);
    await third.said({ msg: 'transition', to: 'leading' });
    await holds(h2);
    t.match(recordOf(endpoint), { state: 'held', node: 'h2' });
  });
});
