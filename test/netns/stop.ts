// A stop: the address goes first, then the release; in time, also when etcd is silent. The next
// start takes without waiting.
import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import { Prober } from '../../src/lab/prober.ts';
import { WallOffset } from '../../src/lab/wall-offset.ts';
import { etcdctl } from '../fixtures/etcd-store.ts';
import { openGate } from '../fixtures/gate.ts';
import { addressesOf, has, makeSite, recordOf, VIP } from '../fixtures/hosts.ts';
import { inNamespace, indexOf, ip } from '../fixtures/namespace.ts';
import { until, type LogLine } from '../fixtures/program.ts';

/** From the signal to the end of the process, whatever etcd does (src/daemon.ts). */
const STOP_WITHIN_MS = 2_000;
/** `takeoverAfter` of profile `seconds`: what nobody waits for after a clean stop. */
const TAKEOVER_MS = 4_900;
/** How a record of a release begins (src/election/record.ts). */
const RELEASED = '{"v":1,"state":"released"';
const leading = { msg: 'transition', to: 'leading' };
const timeOf = (line: LogLine): number => Date.parse(String(line['time']));

await inNamespace(t, import.meta.url, async () => {
  const { h1, cluster, endpoint, start } = await makeSite(t);

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    await t.test(`${signal}: withdraw before release, and exit 0`, async (t) => {
      const seen: { what: string; onLink: boolean }[] = [];
      // Of each request that ends the hold: is the address on a link just before etcd gets it?
      const gate = await openGate(t, endpoint, '10.77.1.254', (text) => {
        if (text.includes(RELEASED)) {
          seen.push({ what: 'release', onLink: has(h1, VIP) });
        }
      });
      const daemon = start(h1, { endpoint: gate });
      await daemon.said(leading);
      t.ok(has(h1, VIP));
      t.match(recordOf(endpoint), { state: 'held' });
      daemon.signal(signal);
      t.strictSame(await daemon.end(STOP_WITHIN_MS), { code: 0, signal: null });
      t.notOk(has(h1, VIP), 'gone when the process is');
      t.strictSame(seen, [{ what: 'release', onLink: false }], 'one release, of an address gone');
      t.match(recordOf(endpoint), { state: 'released', reason: 'shutdown', node: 'h1' });
      const left = etcdctl(endpoint, 'get', '--prefix', '--keys-only', '/vip-elector/elections/');
      t.equal(left, '', 'no candidate is left');
      t.equal(etcdctl(endpoint, 'lease', 'list').split('\n')[0], 'found 0 leases');
      const said = daemon.lines.map(({ msg }) => String(msg));
      const order = ['stopping', 'vip withdrawn', 'stopped'].map((msg) => said.lastIndexOf(msg));
      t.strictSame(
        order,
        order.toSorted((one, other) => one - other),
        'and the log says so',
      );
      t.match(daemon.lines[order[0]!], { signal });
    });
  }

  await t.test('after a clean stop the next start takes at once', async (t) => {
    t.match(recordOf(endpoint), { state: 'released' });
    const prober = new Prober({
      clock: systemClock,
      offset: new WallOffset(systemClock),
      linkIndex: indexOf(h1.port),
      mac: ip('-o', 'link', 'show', h1.port).match(/link\/ether (\S+)/)?.[1] ?? '',
      address: '10.77.1.200',
      vips: [VIP],
      onAnswering: () => undefined,
    });
    t.teardown(() => prober[Symbol.dispose]());
    const startedAt = systemClock.now();
    const daemon = start(h1);
    const answered = await until('the VIP answers', () => {
      prober.send();
      prober.receive();
      return prober.tracks()[0]?.answers[0]?.at;
    });
    const tookMs = (answered - startedAt).toFixed(0);
    t.comment(
      `from process start to the first answered ARP probe (asked each 10 ms): ${tookMs} ms`,
    );
    await daemon.said(leading);
    const steps = daemon.all({ msg: 'transition' }).map(({ to }) => to);
    t.strictSame(steps, ['campaigning', 'assigning', 'leading']);
    const granted = await daemon.said({ msg: 'lease granted' });
    const waitedMs = timeOf(await daemon.said(leading)) - timeOf(granted);
    t.ok(waitedMs < TAKEOVER_MS, `${waitedMs} ms from the lease on: no takeover was waited for`);
    t.strictSame(await daemon.stop(), { code: 0, signal: null });
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    await t.test(`${signal} while etcd is frozen: exit 0 in time, the address gone`, async (t) => {
      const daemon = start(h1);
      await daemon.said(leading);
      const [member] = cluster.members;
      member!.freeze();
      try {
        const from = performance.now();
        daemon.signal(signal);
        const ending = await daemon.end(STOP_WITHIN_MS);
        t.comment(`ended after ${(performance.now() - from).toFixed(0)} ms`);
        t.strictSame(ending, { code: 0, signal: null });
        const left = addressesOf(h1).filter(({ local }) => local === VIP);
        t.strictSame(left, [], 'gone when the process is');
        await daemon.said({ msg: 'vip withdrawn' });
      } finally {
        member!.thaw();
      }
      // What the silent etcd was not told goes with the lease or with the next start.
      const next = start(h1);
      await next.said(leading);
      t.strictSame(await next.stop(), { code: 0, signal: null });
    });
  }

  await t.test('a signal during the start leaves nothing behind', async (t) => {
    const daemon = start(h1);
    await daemon.said({ msg: 'started' });
    t.strictSame(await daemon.stop(STOP_WITHIN_MS), { code: 0, signal: null });
    t.notOk(has(h1, VIP));
    const left = etcdctl(endpoint, 'get', '--prefix', '--keys-only', '/vip-elector/elections/');
    t.equal(left, '', 'no candidate is left');
  });
});
