// With a simulated kernel for what it refuses, and against this machine's kernel in a namespace.
import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import type { ElectorEvent } from '../../src/events.ts';
import { NetworkMonitor } from '../../src/network/monitor.ts';
import { openNetwork } from '../../src/network/rtnetlink.ts';
import type { LinkAddress } from '../../src/network/types.ts';
import { withdrawLeftovers } from '../../src/vip/reconcile.ts';
import { foreign } from '../fixtures/fake-kernel.ts';
import { Rig, VIP, VIP2 } from '../fixtures/group-rig.ts';
import { cable, inNamespace, indexOf, ip } from '../fixtures/namespace.ts';

const none = (): boolean => false;
const mine = (address: string, linkIndex = 2): LinkAddress => ({
  ...foreign(linkIndex, address, 32),
  ours: true,
});

/** A monitor that has looked, over a kernel with these addresses. */
async function host(addresses: readonly LinkAddress[], rig = new Rig({})) {
  rig.kernel.list = [...addresses];
  await rig.listen();
  const { kernel, monitor, clock, events } = rig;
  const parts = { network: kernel, monitor, clock, emit: (e: ElectorEvent) => void events.push(e) };
  return { rig, parts };
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('what is ours goes, what may stay stays, and others’ is not touched', async (t) => {
    const own = foreign(2, '10.0.0.1', 24);
    const { rig, parts } = await host([
      own,
      mine('10.0.0.100'),
      mine('10.0.0.101'),
      mine('10.0.0.9', 1),
    ]);
    await withdrawLeftovers(parts, ({ address }) => address === '10.0.0.101');
    t.strictSame(rig.kernel.list, [own, mine('10.0.0.101')]);
    t.strictSame(rig.took(), ['withdraw 10.0.0.100', 'withdraw 10.0.0.9']);
    t.strictSame(rig.events, [
      { type: 'leftover-withdrawn', vip: '10.0.0.100', link: 'end0' },
      { type: 'leftover-withdrawn', vip: '10.0.0.9', link: 'lo' },
    ]);
  });

  await t.test('with nothing left behind it asks for nothing', async (t) => {
    const { rig, parts } = await host([foreign(2, '10.0.0.100', 32)]);
    await withdrawLeftovers(parts, none);
    t.strictSame(rig.took(), []);
  });

  await t.test('one refusal does not keep the others, and is tried again', async (t) => {
    const { rig, parts } = await host([mine('10.0.0.100'), mine('10.0.0.101')]);
    rig.kernel.trouble.set('withdraw', 'refused');
    const done = withdrawLeftovers(parts, none);
    await rig.clock.advance(300);
    t.strictSame(rig.took().slice(0, 2), ['withdraw 10.0.0.100', 'withdraw 10.0.0.101']);
    rig.kernel.trouble.clear();
    await rig.clock.advance(300);
    await done;
    t.strictSame(rig.kernel.list, []);
  });

  await t.test('one that is not answered does not keep the others', async (t) => {
    const { rig, parts } = await host([mine('10.0.0.100'), mine('10.0.0.101')]);
    rig.kernel.trouble.set('withdraw', 'reply-lost');
    const done = withdrawLeftovers(parts, none);
    await rig.clock.advance(0);
    t.strictSame(rig.kernel.list, [], 'both are off before any answer is given up');
    await rig.clock.advance(1000);
    await done;
  });

  await t.test('a lost reply is no failure: the next look shows that it is off', async (t) => {
    const { rig, parts } = await host([mine('10.0.0.100')]);
    rig.kernel.trouble.set('withdraw', 'reply-lost');
    const done = withdrawLeftovers(parts, none);
    await rig.clock.advance(1000);
    await done;
    t.strictSame(rig.took(), ['withdraw 10.0.0.100']);
  });

  await t.test('what stays in spite of everything keeps the daemon from starting', async (t) => {
    const { rig, parts } = await host([mine('10.0.0.100')]);
    rig.kernel.trouble.set('withdraw', 'refused');
    const done = t.rejects(withdrawLeftovers(parts, none), {
      name: 'OperatorError',
      message: 'cannot withdraw 10.0.0.100, left by an earlier vip-elector',
      cause: { code: 'EPERM' },
    });
    await rig.clock.advance(10_000);
    await done;
    t.equal(rig.took().length, 5, 'a bounded number of tries');
  });

  await t.test('a kernel without marks: what the state file lists is ours', async (t) => {
    const recorded = [{ link: 'end0', address: '10.0.0.100', prefixLength: 32 }];
    const left = { ...mine('10.0.0.100'), ours: false };
    const others = { ...mine('10.0.0.101'), ours: false };
    const rig = new Rig({ recorded, marksAddresses: false });
    const { parts } = await host([left, others], rig);
    await withdrawLeftovers(parts, none);
    t.strictSame(rig.kernel.list, [others]);
  });

  await t.test('the real kernel: ours is found by its mark on any link, and is gone', async (t) => {
    const unplug = cable('near', 'far');
    ip('link', 'add', 'second', 'type', 'veth', 'peer', 'name', 'third');
    ip('addr', 'add', '10.77.0.1/24', 'dev', 'near');
    ip('addr', 'add', '10.77.0.55/32', 'dev', 'near');
    using network = await openNetwork();
    await network.assign(indexOf('near'), VIP, 60);
    await network.assign(indexOf('near'), VIP2, 60);
    await network.assign(indexOf('second'), VIP, 60);
    const events: ElectorEvent[] = [];
    const emit = (event: ElectorEvent): void => void events.push(event);
    const monitor = new NetworkMonitor({ network, clock: systemClock, emit, isRecorded: none });
    await monitor.start();
    await withdrawLeftovers(
      { network, monitor, clock: systemClock, emit },
      ({ address }) => address === VIP2.address,
    );
    monitor.stop();
    t.strictSame(
      events.map((event) =>
        event.type === 'leftover-withdrawn' ? [event.vip, event.link] : event,
      ),
      [
        [VIP.address, 'near'],
        [VIP.address, 'second'],
      ],
    );
    const shown = ip('-4', '-brief', 'addr', 'show');
    t.notMatch(shown, /10\.0\.0\.100/);
    t.match(shown, /10\.0\.0\.101\/32/);
    t.match(shown, /10\.77\.0\.55\/32/);
    ip('link', 'del', 'second');
    unplug();
  });
});
