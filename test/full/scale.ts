// A thousand VIPs in a group: when the last of them is announced by the next holder after the SIGTERM to
// the one before (issue 5 wants 1 s on a quiet machine; said, not asserted), and that none of them lacks a
// frame of the burst that others have, as tcpdump sees it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { makeBridgedSite } from '../fixtures/bridged.ts';
import { addressesOf, type Host } from '../fixtures/hosts.ts';
import { inNamespace, ip } from '../fixtures/namespace.ts';

const VIPS = Array.from({ length: 1000 }, (_, n) => `10.78.${10 + (n >> 8)}.${n & 255}`);
const BURST_MS = 1550;
const leading = { msg: 'transition', to: 'leading' };

interface Seen {
  readonly atMs: number;
  readonly vip: string;
}

/** What tcpdump says of gratuitous ARP from a MAC on the switch. */
async function sniff(t: { teardown(handler: () => unknown): void }, mac: string) {
  const args = ['-i', 'br0', '-B', '65536', '-n', '-l', '-tt', `arp and ether src ${mac}`];
  const child = spawn('tcpdump', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill());
  let text = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part));
  await once(child.stderr, 'data');
  return async (): Promise<{ seen: Seen[]; errors: string }> => {
    child.kill('SIGINT');
    await once(child, 'exit');
    const seen = text.split('\n').flatMap((line) => {
      const [, at, vip] =
        /^([\d.]+) ARP, (?:Request who-has|Reply) (10\.78\.\d+\.\d+) /.exec(line) ?? [];
      return at === undefined || vip === undefined ? [] : [{ atMs: Number(at) * 1000, vip }];
    });
    return { seen, errors };
  };
}

const macOf = ({ name }: Host): string =>
  ip('netns', 'exec', name, 'cat', `/sys/class/net/${name}/address`).trim();

await inNamespace(t, import.meta.url, async () => {
  await t.test('1000 VIPs are handed over', async (t) => {
    const { h1, h2, start, runtimeDir } = await makeBridgedSite(t);
    const before = [addressesOf(h1), addressesOf(h2)];
    const run = (host: Host) => {
      const config = join(runtimeDir(host), 'config.yaml');
      const vips = `vips: [${VIPS.join(', ')}]`;
      writeFileSync(config, `groups:\n  - {name: default, link: ${host.name}, ${vips}}\n`);
      return start(host, { args: ['--config', config] });
    };
    const first = run(h1);
    await first.said(leading);
    t.equal(addressesOf(h1, 'h1').length, 1001, 'all are held');
    const second = run(h2);
    await second.said({ msg: 'leader changed' });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const stop = await sniff(t, macOf(h2));
    const from = Date.now();
    const stopped = first.stop();
    await second.said(leading);
    await stopped;
    await new Promise((resolve) => setTimeout(resolve, BURST_MS + 700));
    const { seen, errors } = await stop();
    t.match(errors, /\n0 packets dropped by kernel/, 'tcpdump saw all');
    const firsts = new Map<string, number>();
    const counts = new Map<string, number>();
    for (const { vip, atMs } of seen) {
      if (!firsts.has(vip)) firsts.set(vip, atMs - from);
      counts.set(vip, (counts.get(vip) ?? 0) + 1);
    }
    const last = Math.max(...firsts.values());
    t.comment(`first ${Math.min(...firsts.values()).toFixed(0)} ms, last ${last.toFixed(0)} ms`);
    t.equal(firsts.size, VIPS.length, 'every VIP is announced');
    // Rounds that a busy machine's timers missed are not made up; within one nobody is passed over. The
    // last round may be under way.
    const [fewest, most] = [Math.min(...counts.values()), Math.max(...counts.values())];
    t.comment(`${fewest} to ${most} frames of each`);
    t.ok(fewest >= 2 && most - fewest <= 2, `${fewest} to ${most} frames of each`);
    t.equal(addressesOf(h2, 'h2').length, 1001);
    await second.stop();
    t.strictSame([addressesOf(h1), addressesOf(h2)], before);
  });
});
