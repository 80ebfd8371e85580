// Against this machine's kernel, in a network namespace: what we are told after changes of `ip`.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { indexOf, inNamespace, ip } from '../../fixtures/namespace.ts';
import { collect, VIP, wired } from '../../fixtures/wired.ts';

await inNamespace(t, import.meta.url, async () => {
  await wired(t, 'events tell of addresses and links as they change', async (t, network) => {
    const index = indexOf('near');
    const { next, events, stop } = collect(network);
    await network.assign(index, VIP, 60);
    t.match(await next(({ type }) => type === 'address-added'), {
      address: { linkIndex: index, address: VIP.address, ours: true },
    });
    ip('addr', 'del', '10.77.0.100/32', 'dev', 'near');
    t.match(await next(({ type }) => type === 'address-removed'), {
      address: { linkIndex: index, address: VIP.address, ours: true },
    });
    ip('-n', 'far', 'link', 'set', 'far', 'down');
    await next((e) => e.type === 'link-changed' && e.link.name === 'near' && !e.link.carrier);
    ip('-n', 'far', 'link', 'set', 'far', 'up');
    await next((e) => e.type === 'link-changed' && e.link.name === 'near' && e.link.carrier);
    ip('link', 'add', 'extra', 'type', 'bridge');
    ip('link', 'set', 'near', 'master', 'extra');
    ip('link', 'set', 'near', 'nomaster');
    ip('link', 'del', 'extra');
    const removed = await next(({ type }) => type === 'link-removed');
    t.match(removed, { link: { name: 'extra' } }, 'leaving a bridge removed no link');
    stop();
    stop();
    events.length = 0;
    await network.assign(index, VIP, 60);
    await network.links();
    t.strictSame(events, [], 'nothing after the watch was stopped');
  });

  await wired(t, 'lost events are an overrun, after which events go on', async (t, network) => {
    const index = indexOf('near');
    const { next } = collect(network);
    const batch = Array.from(
      { length: 12_000 },
      (_, i) => `addr add 10.${80 + (i >> 14)}.${(i >> 7) & 127}.${i & 127}/32 dev near`,
    );
    const file = join(t.testdir({ batch: `${batch.join('\n')}\n` }), 'batch');
    // Synchronous: the loop reads no event meanwhile, and the kernel's buffer fills up.
    execFileSync('ip', ['-batch', file], { maxBuffer: 1e8 });
    await next(({ type }) => type === 'overrun');
    t.equal(
      (await network.addresses()).filter((a) => a.address.startsWith('10.80.')).length,
      12_000,
    );
    await network.assign(index, VIP, 60);
    const told = await next((e) => e.type === 'address-added' && e.address.ours);
    t.match(told, { address: { address: VIP.address } });
  });
});
