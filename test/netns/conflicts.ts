// Other stations that have the VIP: found, told with their MAC, and dealt with as configured.
import t from 'tap';
import { arpQuestion, gratuitousArp } from '../../src/announce/arp.ts';
import { openPacketSender } from '../../src/announce/packet-sender.ts';
import {
  addIpv6,
  claimVip,
  leaveVip,
  makeBridgedSite,
  STRANGER,
  VIP6,
} from '../fixtures/bridged.ts';
import { addressesOf, ask, holds, metric, VIP } from '../fixtures/hosts.ts';
import { inNamespace, ip, within } from '../fixtures/namespace.ts';
import { until } from '../fixtures/program.ts';

const leading = { msg: 'transition', to: 'leading' };
const conflict = { msg: 'another station has our vip' };

await inNamespace(t, import.meta.url, async () => {
  await t.test(
    'held: a station that only answers is found within 1 s, told and defended against',
    async (t) => {
      const site = await makeBridgedSite(t);
      const { h1, start } = site;
      addIpv6(site);
      const before = [addressesOf(h1), addressesOf(STRANGER)];
      const daemon = start(h1, { args: ['--vip', `${VIP},${VIP6}`, '--link', 'h1'] });
      await daemon.said(leading);
      const from = performance.now();
      claimVip();
      const line = await daemon.said(conflict);
      const ms = performance.now() - from;
      t.match(line, {
        level: 'error',
        vip: VIP,
        link: 'h1',
        mac: STRANGER.mac,
        answer: 'defended',
      });
      t.ok(ms < 1500, `found after ${Math.round(ms)} ms`);
      t.comment(`found after ${Math.round(ms)} ms`);
      const from6 = performance.now();
      claimVip(VIP6);
      t.match(await daemon.said({ ...conflict, vip: VIP6 }), {
        mac: STRANGER.mac,
        answer: 'defended',
      });
      const ms6 = performance.now() - from6;
      t.ok(ms6 < 1500, `IPv6: found after ${Math.round(ms6)} ms`);
      t.comment(`IPv6: found after ${Math.round(ms6)} ms`);
      await holds(h1);
      const { text } = await ask(h1, '/metrics');
      for (const vip of [VIP, VIP6]) {
        t.equal(metric(text, `vip_elector_conflicts_total{vip="${vip}"}`), 1);
      }
      t.strictSame(await daemon.stop(), { code: 0, signal: null });
      leaveVip();
      leaveVip(VIP6);
      t.strictSame([addressesOf(h1), addressesOf(STRANGER)], before);
    },
  );

  await t.test(
    'held: a station that announces it is told at once; one of ours by its name',
    async (t) => {
      const { h1, h2, start } = await makeBridgedSite(t);
      const holder = start(h1);
      await holder.said(leading);
      const other = start(h2);
      await other.said({ msg: 'lease granted' });
      const mac = ip('netns', 'exec', 'h2', 'cat', '/sys/class/net/h2/address').trim();
      // Its facts, with its MAC, are written a second after its session began.
      const facts = async (): Promise<boolean> =>
        (await ask(h1, '/status')).text.includes('"node":"h2"');
      await until('h2 stands', facts);
      await new Promise((resolve) => setTimeout(resolve, 1200));
      const sender = within(h2.name, () => openPacketSender());
      t.teardown(() => sender.close());
      const index = Number(ip('netns', 'exec', 'h2', 'cat', '/sys/class/net/h2/ifindex'));
      // Whoever only asks claims nothing.
      sender.send(index, arpQuestion(mac, '0.0.0.0', VIP));
      sender.send(index, gratuitousArp('reply', mac, VIP));
      t.match(await holder.said(conflict), { mac, node: 'h2', answer: 'none' });
      sender.send(index, gratuitousArp('request', mac, VIP));
      await holds(h1);
      t.equal(holder.all(conflict).length, 1, 'no storm of lines');
    },
  );
});
