// Against this machine’s kernel, in a network namespace.
import { once } from 'node:events';
import t from 'tap';
import { systemClock } from '../../../src/clock.ts';
import type { ElectorEvent } from '../../../src/events.ts';
import { NetworkMonitor } from '../../../src/network/monitor.ts';
import { openNetwork } from '../../../src/network/rtnetlink.ts';
import { VIP } from '../../fixtures/group-rig.ts';
import { cable, indexOf, inNamespace, ip } from '../../fixtures/namespace.ts';

await inNamespace(t, import.meta.url, async () => {
  await t.test('the real kernel: it follows what ip does', async (t) => {
    const unplug = cable('near', 'far');
    ip('addr', 'add', '10.77.0.1/24', 'dev', 'near');
    using network = await openNetwork();
    const emit = (event: ElectorEvent): void => t.comment(event);
    const clock = systemClock;
    const monitor = new NetworkMonitor({ network, clock, emit, isRecorded: () => false });
    const changes = new EventTarget();
    monitor.subscribe(() => void changes.dispatchEvent(new Event('change')));
    await monitor.start();
    const index = indexOf('near');
    const here = (): string[] =>
      monitor.addresses
        .filter(({ linkIndex, family }) => linkIndex === index && family === 4)
        .map(({ address, ours }) => (ours ? `${address} ours` : address));
    /** Until what it knows is so; the event socket does not keep the process alive, this does. */
    const until = async (so: () => boolean): Promise<void> => {
      const alive = setInterval(() => undefined, 1e6);
      while (!so()) await once(changes, 'change');
      clearInterval(alive);
    };
    const shows = (...wanted: string[]) => until(() => here().join() === wanted.join());
    await shows('10.77.0.1');
    await network.assign(index, VIP, 60);
    await shows('10.77.0.1', '10.0.0.100 ours');
    ip('addr', 'add', '10.77.0.2/24', 'dev', 'near');
    await until(() => here().length === 3);
    ip('addr', 'del', '10.0.0.100/32', 'dev', 'near');
    await shows('10.77.0.1', '10.77.0.2');
    ip('-n', 'far', 'link', 'set', 'far', 'down');
    await until(() => monitor.links.some(({ name, carrier }) => name === 'near' && !carrier));
    ip('link', 'set', 'near', 'name', 'lan0');
    await until(() => monitor.linkName(index) === 'lan0');
    ip('link', 'del', 'lan0');
    await until(() => !monitor.links.some((each) => each.index === index));
    t.strictSame(here(), []);
    monitor.stop();
    unplug();
  });
});
