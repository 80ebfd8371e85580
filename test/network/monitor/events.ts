// Over a simulated kernel: what its events make the monitor know and tell.
import t from 'tap';
import { foreign, link } from '../../fixtures/fake-kernel.ts';
import { END0, MINE, monitorBench, OWN, texts } from '../../fixtures/monitor-bench.ts';
import { settle } from '../../fixtures/virtual-clock.ts';

await t.test('it knows everything from the start, and says so', async (t) => {
  const { monitor, told, dumps } = monitorBench(t);
  await monitor.start();
  t.strictSame(monitor.links, [END0]);
  t.strictSame(monitor.addresses, [OWN]);
  t.strictSame(told, [undefined]);
  t.equal(dumps.count, 1);
  t.equal(monitor.linkName(2), 'end0');
  t.equal(monitor.linkName(9), '#9', 'one that is not known has its number');
});

await t.test('events keep it up to date, and are passed on', async (t) => {
  const { kernel, monitor, told } = monitorBench(t);
  await monitor.start();
  told.length = 0;
  kernel.add(MINE);
  await settle();
  t.strictSame(texts(monitor), ['10.0.0.1', '10.0.0.100 ours']);
  t.strictSame(told, [{ type: 'address-added', address: MINE }]);
  kernel.add({ ...MINE, validSeconds: 3 });
  await settle();
  t.equal(monitor.addresses.length, 2, 'a new lifetime is no new address');
  t.equal(monitor.addresses[1]?.validSeconds, 3);
  kernel.remove(MINE);
  await settle();
  t.strictSame(texts(monitor), ['10.0.0.1']);
  const dark = { ...END0, carrier: false };
  kernel.setLink(dark);
  await settle();
  t.strictSame(monitor.links, [dark]);
  t.strictSame(told.at(-1), { type: 'link-changed', link: dark });
});

await t.test('a link that is gone takes its addresses with it', async (t) => {
  const { kernel, monitor, told } = monitorBench(t);
  kernel.linkList = [END0, link(3, 'end1')];
  kernel.list = [OWN, foreign(3, '10.1.0.1', 24)];
  await monitor.start();
  kernel.removeLink(END0);
  await settle();
  t.strictSame(texts(monitor), ['10.1.0.1']);
  t.strictSame(
    monitor.links.map(({ name }) => name),
    ['end1'],
  );
  t.match(told.at(-1), { type: 'link-removed' });
});

await t.test('the same address on two links is two addresses', async (t) => {
  const { kernel, monitor } = monitorBench(t);
  kernel.list = [OWN, { ...OWN, linkIndex: 3 }, { ...OWN, prefixLength: 32 }];
  await monitor.start();
  kernel.remove(OWN);
  await settle();
  t.strictSame(
    monitor.addresses.map(({ linkIndex, prefixLength }) => [linkIndex, prefixLength]),
    [
      [3, 24],
      [2, 32],
    ],
  );
});

await t.test('an address of others may change the order: everything is read anew', async (t) => {
  const { kernel, monitor, told, dumps } = monitorBench(t);
  await monitor.start();
  kernel.add(MINE);
  await settle();
  t.equal(dumps.count, 1, 'one of ours comes last');
  kernel.list = [foreign(2, '10.0.0.2', 24), ...kernel.list];
  kernel.add(foreign(2, '10.0.0.2', 24));
  await settle();
  t.equal(dumps.count > 1, true);
  t.strictSame(texts(monitor), ['10.0.0.2', '10.0.0.1', '10.0.0.100 ours']);
  t.equal(told.at(-1), undefined);
});

await t.test(
  'who does not listen any more hears nothing, nor does it after the stop',
  async (t) => {
    const { kernel, monitor, told } = monitorBench(t);
    await monitor.start();
    let heard = 0;
    const unsubscribe = monitor.subscribe(() => (heard += 1));
    unsubscribe();
    kernel.add(MINE);
    await settle();
    t.equal(heard, 0);
    monitor.stop();
    monitor.stop();
    told.length = 0;
    kernel.remove(MINE);
    await settle();
    t.strictSame(told, []);
  },
);
