// Over a simulated kernel: looks at everything, which fail, come late and overlap.
import t from 'tap';
import { MINE, monitorBench, OWN, texts } from '../../fixtures/monitor-bench.ts';
import { settle } from '../../fixtures/virtual-clock.ts';

await t.test('a first look that fails keeps the daemon from starting', async (t) => {
  const { monitor } = monitorBench(t, { links: () => Promise.reject(new Error('EPERM')) });
  await t.rejects(monitor.start(), { message: 'EPERM' });
});

await t.test('lost events are reported, and everything is read anew', async (t) => {
  const { kernel, monitor, events, told } = monitorBench(t);
  await monitor.start();
  kernel.list = [OWN, MINE];
  kernel.overrun();
  await settle();
  t.strictSame(events, [{ type: 'network-overrun', err: 'ENOBUFS' }]);
  t.strictSame(texts(monitor), ['10.0.0.1', '10.0.0.100 ours']);
  t.strictSame(told, [undefined, undefined]);
});

await t.test('a look that fails is reported and tried again soon', async (t) => {
  let failures = 2;
  const { clock, kernel, monitor, events, network } = monitorBench(t);
  await monitor.start();
  const addresses = network.addresses.bind(network);
  network.addresses = () => {
    failures -= 1;
    return failures < 0 ? addresses() : Promise.reject(new Error('TIMEOUT'));
  };
  kernel.list = [OWN, MINE];
  kernel.overrun();
  await clock.advance(1500);
  t.strictSame(
    events.map((event) => (event.type === 'network-overrun' ? event.err : event)),
    ['ENOBUFS', 'TIMEOUT', 'TIMEOUT'],
  );
  t.strictSame(texts(monitor), ['10.0.0.1', '10.0.0.100 ours']);
});

await t.test('a look ends in bounded time, though the kernel never answers', async (t) => {
  const { clock, monitor, network } = monitorBench(t);
  await monitor.start();
  network.addresses = () => Promise.reject(new Error('TIMEOUT'));
  let done = false;
  const refreshed = monitor.refresh().then(() => (done = true));
  await clock.advance(5000);
  t.equal(done, true);
  await refreshed;
  t.strictSame(texts(monitor), ['10.0.0.1'], 'what was known stays');
});

await t.test('looks asked for during a look share one more', async (t) => {
  const { monitor, dumps } = monitorBench(t);
  await monitor.start();
  await Promise.all([monitor.refresh(), monitor.refresh(), monitor.refresh(), monitor.refresh()]);
  t.equal(dumps.count, 3);
});

await t.test('what changes during a look is not lost', async (t) => {
  const { kernel, monitor, network } = monitorBench(t);
  const addresses = network.addresses.bind(network);
  network.addresses = async () => {
    const seen = await addresses();
    network.addresses = addresses;
    // After the kernel listed, before we have the list.
    kernel.add(MINE);
    await settle();
    return seen;
  };
  await monitor.start();
  t.strictSame(texts(monitor), ['10.0.0.1', '10.0.0.100 ours']);
});

await t.test('it looks at everything every ten seconds, whatever the events said', async (t) => {
  const { clock, kernel, monitor, dumps } = monitorBench(t);
  await monitor.start();
  const stop = new AbortController();
  const running = monitor.run(stop.signal);
  kernel.list = [OWN, MINE];
  await clock.advance(9999);
  t.equal(dumps.count, 1);
  await clock.advance(1);
  t.equal(dumps.count, 2);
  t.strictSame(texts(monitor), ['10.0.0.1', '10.0.0.100 ours']);
  await clock.advance(20_000);
  t.equal(dumps.count, 4);
  stop.abort(new Error('the daemon stops'));
  await running;
  t.equal(clock.pending, 0);
});
