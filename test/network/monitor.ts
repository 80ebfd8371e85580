// With a simulated kernel for what is lost and late, and against this machine's kernel in a namespace.
import { once } from 'node:events';
import t from 'tap';
import type { Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import type { ElectorEvent } from '../../src/events.ts';
import { NetworkMonitor } from '../../src/network/monitor.ts';
import { openNetwork } from '../../src/network/rtnetlink.ts';
import type { LinkAddress, Network, NetworkEvent } from '../../src/network/types.ts';
import { FakeKernel, foreign, link } from '../fixtures/fake-kernel.ts';
import { VIP } from '../fixtures/group-rig.ts';
import { cable, inNamespace, indexOf, ip } from '../fixtures/namespace.ts';
import { VirtualClock, settle } from '../fixtures/virtual-clock.ts';

const END0 = link(2, 'end0');
const OWN = foreign(2, '10.0.0.1', 24);
const MINE: LinkAddress = { ...foreign(2, '10.0.0.100', 32), ours: true };

/** A monitor over a simulated kernel; `network` can be changed before it starts. */
function setUp(t: Test, change: Partial<Network> = {}, recorded: readonly string[] = []) {
  const clock = new VirtualClock();
  const kernel = new FakeKernel(clock, []);
  kernel.linkList = [END0];
  kernel.list = [OWN];
  const dumps = { count: 0 };
  const { unlogged } = kernel;
  const network: Network = {
    ...unlogged,
    addresses: () => {
      dumps.count += 1;
      return unlogged.addresses();
    },
    ...change,
  };
  const events: ElectorEvent[] = [];
  const emit = (event: ElectorEvent): void => void events.push(event);
  const isRecorded = (name: string, address: string): boolean =>
    recorded.includes(`${name} ${address}`);
  const monitor = new NetworkMonitor({ network, clock, emit, isRecorded });
  const told: (NetworkEvent | undefined)[] = [];
  monitor.subscribe((event) => told.push(event));
  t.teardown(() => monitor.stop());
  return { clock, kernel, dumps, events, monitor, told, network };
}

const texts = ({ addresses }: NetworkMonitor): string[] =>
  addresses.map(({ address, ours }) => (ours ? `${address} ours` : address));

await inNamespace(t, import.meta.url, async () => {
  await t.test('it knows everything from the start, and says so', async (t) => {
    const { monitor, told, dumps } = setUp(t);
    await monitor.start();
    t.strictSame(monitor.links, [END0]);
    t.strictSame(monitor.addresses, [OWN]);
    t.strictSame(told, [undefined]);
    t.equal(dumps.count, 1);
    t.equal(monitor.linkName(2), 'end0');
    t.equal(monitor.linkName(9), '#9', 'one that is not known has its number');
  });

  await t.test('a first look that fails keeps the daemon from starting', async (t) => {
    const { monitor } = setUp(t, { links: () => Promise.reject(new Error('EPERM')) });
    await t.rejects(monitor.start(), { message: 'EPERM' });
  });

  await t.test('events keep it up to date, and are passed on', async (t) => {
    const { kernel, monitor, told } = setUp(t);
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
    const { kernel, monitor, told } = setUp(t);
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
    const { kernel, monitor } = setUp(t);
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
    const { kernel, monitor, told, dumps } = setUp(t);
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

  await t.test('lost events are reported, and everything is read anew', async (t) => {
    const { kernel, monitor, events, told } = setUp(t);
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
    const { clock, kernel, monitor, events, network } = setUp(t);
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
    const { clock, monitor, network } = setUp(t);
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
    const { monitor, dumps } = setUp(t);
    await monitor.start();
    await Promise.all([monitor.refresh(), monitor.refresh(), monitor.refresh(), monitor.refresh()]);
    t.equal(dumps.count, 3);
  });

  await t.test('what changes during a look is not lost', async (t) => {
    const { kernel, monitor, network } = setUp(t);
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
    const { clock, kernel, monitor, dumps } = setUp(t);
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

  await t.test('a kernel without marks: recorded is ours, on that link', async (t) => {
    const marks = { marksAddresses: false };
    const { kernel, monitor } = setUp(t, marks, ['end0 10.0.0.100', 'end0 10.0.0.101']);
    kernel.linkList = [END0, link(3, 'end1')];
    kernel.list = [OWN, { ...MINE, ours: false }, foreign(3, '10.0.0.100', 32)];
    await monitor.start();
    t.strictSame(texts(monitor), ['10.0.0.1', '10.0.0.100 ours', '10.0.0.100']);
    kernel.add(foreign(2, '10.0.0.101', 32));
    await settle();
    t.ok(texts(monitor).includes('10.0.0.101 ours'), 'by an event as well');
  });

  await t.test('a kernel with marks: what carries none is not ours, recorded or not', async (t) => {
    const { kernel, monitor } = setUp(t, {}, ['end0 10.0.0.100']);
    kernel.list = [OWN, { ...MINE, ours: false }];
    await monitor.start();
    t.strictSame(texts(monitor), ['10.0.0.1', '10.0.0.100']);
  });

  await t.test(
    'who does not listen any more hears nothing, nor does it after the stop',
    async (t) => {
      const { kernel, monitor, told } = setUp(t);
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

  await t.test('the real kernel: it follows what ip does', async (t) => {
    const unplug = cable('near', 'far');
    ip('addr', 'add', '10.77.0.1/24', 'dev', 'near');
    await using network = await openNetwork();
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
