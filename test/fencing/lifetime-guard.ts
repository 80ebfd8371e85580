import t from 'tap';
import { after } from '../../src/clock.ts';
import { LifetimeGuard } from '../../src/fencing/lifetime-guard.ts';
import type { Vip } from '../../src/network/types.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

const VIP: Vip = { family: 4, address: '10.0.0.100', prefixLength: 32 };

/** A guard whose kernel takes so long for each request, and a list of what it was asked. */
function setUp(takesMs: readonly number[] = []) {
  const clock = new VirtualClock();
  const log: string[] = [];
  const took = [...takesMs];
  const network = {
    assign: async (link: number, vip: Vip, seconds: number): Promise<void> => {
      log.push(`assign ${vip.address} on ${link} for ${seconds}`);
      clock.jump(took.shift() ?? 0);
    },
    withdraw: async (link: number, vip: Vip): Promise<void> => {
      log.push(`withdraw ${vip.address} from ${link}`);
    },
  };
  return { clock, log, network, guard: new LifetimeGuard(network, clock) };
}

await t.test('it arms the address with the seconds that the right allows', async (t) => {
  const { clock, log, guard } = setUp();
  t.equal(guard.kind, 'address-lifetime');
  t.equal(await guard.hold(2, VIP, after(clock.now(), 4000)), true);
  t.strictSame(log, ['assign 10.0.0.100 on 2 for 2']);
});

await t.test('with too little left it does not touch the link', async (t) => {
  const { clock, log, guard } = setUp();
  t.equal(await guard.hold(2, VIP, after(clock.now(), 2019)), false);
  t.equal(await guard.hold(2, VIP, after(clock.now(), -1)), false);
  t.strictSame(log, []);
});

await t.test('a pause on the way is noticed, and the lifetime set shorter', async (t) => {
  const { clock, log, guard } = setUp([1500]);
  t.equal(await guard.hold(2, VIP, after(clock.now(), 4000)), true);
  t.strictSame(log, ['assign 10.0.0.100 on 2 for 2', 'assign 10.0.0.100 on 2 for 1']);
});

await t.test('after a pause that ate the right the address is taken back', async (t) => {
  const { clock, log, guard } = setUp([2500]);
  t.equal(await guard.hold(2, VIP, after(clock.now(), 4000)), false);
  t.strictSame(log, ['assign 10.0.0.100 on 2 for 2', 'withdraw 10.0.0.100 from 2']);
});

await t.test('three pauses in a row and it gives up and takes the address back', async (t) => {
  const { clock, log, guard } = setUp([1100, 1100, 1100, 1100]);
  t.equal(await guard.hold(2, VIP, after(clock.now(), 10_000)), false);
  t.strictSame(log, [
    'assign 10.0.0.100 on 2 for 8',
    'assign 10.0.0.100 on 2 for 7',
    'assign 10.0.0.100 on 2 for 6',
    'withdraw 10.0.0.100 from 2',
  ]);
});

await t.test('a pause that the whole seconds cover costs nothing', async (t) => {
  const { clock, log, guard } = setUp([500]);
  t.equal(await guard.hold(2, VIP, after(clock.now(), 3900)), true);
  t.strictSame(log, ['assign 10.0.0.100 on 2 for 2']);
});

await t.test('what the kernel refuses is thrown', async (t) => {
  const { clock, network } = setUp();
  network.assign = () => Promise.reject(new Error('EPERM'));
  network.withdraw = () => Promise.reject(new Error('TIMEOUT'));
  const guard = new LifetimeGuard(network, clock);
  await t.rejects(guard.hold(2, VIP, after(clock.now(), 4000)), { message: 'EPERM' });
  await t.rejects(guard.end(2, VIP), { message: 'TIMEOUT' });
});

await t.test('the end of a hold is a withdrawal', async (t) => {
  const { log, guard } = setUp();
  await guard.end(2, VIP);
  t.strictSame(log, ['withdraw 10.0.0.100 from 2']);
});

await t.test('it is due again 3.12 s before the deadline, by the clock of now', async (t) => {
  const { clock, guard } = setUp();
  const deadline = after(clock.now(), 4000);
  t.equal(guard.rearmAt(deadline), after(deadline, -3120));
  clock.jump(880);
  t.equal(guard.rearmAt(deadline), undefined);
});

await t.test('behind an earlier millisecond fence nothing may stay, and it goes', async (t) => {
  const { clock, log, network, guard } = setUp();
  t.strictSame(await guard.guarded([VIP]), [VIP]);
  await guard.settle();
  const seconds = new LifetimeGuard(network, clock, () => void log.push('removed'));
  t.strictSame(await seconds.guarded([VIP]), [], 'lifetimes were set to outlast the right');
  await seconds.settle();
  t.strictSame(log, ['removed']);
});
