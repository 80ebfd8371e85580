import t from 'tap';
import { after } from '../../src/clock.ts';
import type { ElectorEvent } from '../../src/events.ts';
import { NftablesGuard } from '../../src/fencing/nftables-guard.ts';
import { NetworkError } from '../../src/network/network-error.ts';
import type { Vip } from '../../src/network/types.ts';
import { link } from '../fixtures/fake-kernel.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

const VIP: Vip = { family: 4, address: '10.0.0.100', prefixLength: 32 };
const OTHER: Vip = { family: 4, address: '10.0.0.101', prefixLength: 32 };
const END0 = link(2, 'end0');

const names = (vips: readonly Vip[]): string => vips.map(({ address }) => address).join(',');

/** A guard whose kernel takes so long for each call, and a list of what it was asked. */
function setUp(takesMs: readonly number[] = []) {
  const clock = new VirtualClock();
  const log: string[] = [];
  const events: ElectorEvent[] = [];
  const took = [...takesMs];
  const refusals = new Set<string>();
  const managed = new Set<string>();
  const does = (name: string, what: string): Promise<void> => {
    log.push(what);
    clock.jump(took.shift() ?? 0);
    return refusals.has(name) ? Promise.reject(new NetworkError(name, 'EPERM')) : Promise.resolve();
  };
  const gate = {
    open: (at: { readonly name: string }, vips: readonly Vip[], ms: number) =>
      does('open', `open ${names(vips)} on ${at.name} for ${ms}`),
    shut: (vips: readonly Vip[]) => does('shut', `shut ${names(vips)}`),
    forget: (vips: readonly Vip[]) => does('forget', `forget ${names(vips)}`),
    managed: (vips: readonly Vip[]) =>
      Promise.resolve(vips.filter(({ address }) => managed.has(address))),
    forgetAllBut: (vips: readonly Vip[]) => does('settle', `forget all but ${names(vips)}`),
  };
  const network = {
    assign: (index: number, vip: Vip, seconds: number) =>
      does('assign', `assign ${vip.address} on ${index} for ${seconds}`),
    withdraw: (index: number, vip: Vip) =>
      does('withdraw', `withdraw ${vip.address} from ${index}`),
  };
  const emit = (event: ElectorEvent): void => void events.push(event);
  return {
    clock,
    log,
    events,
    refusals,
    managed,
    guard: new NftablesGuard({ gate, network, clock, emit }),
  };
}

await t.test('the gate is open for what is left of the right, less 5 ms for the way', async (t) => {
  const { clock, log, guard } = setUp();
  t.equal(guard.kind, 'nftables');
  t.equal(guard.rearmAt(), undefined);
  t.equal(await guard.open(END0, [VIP, OTHER], after(clock.now(), 600.7)), true);
  t.strictSame(log, ['open 10.0.0.100,10.0.0.101 on end0 for 595']);
});

await t.test('a pause on the way is noticed: opened anew, for less', async (t) => {
  const { clock, log, guard } = setUp([200]);
  t.equal(await guard.open(END0, [VIP], after(clock.now(), 600)), true);
  t.strictSame(log, ['open 10.0.0.100 on end0 for 595', 'open 10.0.0.100 on end0 for 390']);
});

await t.test('a way that takes 5 ms is in the bound, one that takes 6 is not', async (t) => {
  const { clock, log, guard } = setUp([5]);
  t.equal(await guard.open(END0, [VIP], after(clock.now(), 600)), true);
  t.equal(log.length, 1);
  const slow = setUp([6]);
  t.equal(await slow.guard.open(END0, [VIP], after(slow.clock.now(), 600)), true);
  t.equal(slow.log.length, 2);
});

await t.test('after a pause that ate the right it is shut at once', async (t) => {
  const { clock, log, guard } = setUp([700]);
  t.equal(await guard.open(END0, [VIP], after(clock.now(), 600)), false);
  t.strictSame(log, ['open 10.0.0.100 on end0 for 595', 'shut 10.0.0.100']);
});

await t.test('three pauses in a row and it gives up, shut', async (t) => {
  const { clock, log, guard } = setUp([500, 500, 500]);
  t.equal(await guard.open(END0, [VIP], after(clock.now(), 3000)), false);
  t.equal(log.length, 4);
  t.equal(log.at(-1), 'shut 10.0.0.100');
});

await t.test('with nothing left it opens nothing', async (t) => {
  const { clock, log, guard } = setUp();
  t.equal(await guard.open(END0, [VIP], after(clock.now(), 5.9)), false);
  t.strictSame(log, ['shut 10.0.0.100']);
});

await t.test('what the kernel refuses to open is thrown', async (t) => {
  const { clock, refusals, guard } = setUp();
  refusals.add('open');
  await t.rejects(guard.open(END0, [VIP], after(clock.now(), 600)), { code: 'EPERM' });
});

await t.test('the address outlasts the right, by less than a second', async (t) => {
  const { clock, log, guard } = setUp();
  t.equal(await guard.hold(2, VIP, after(clock.now(), 599), false), true);
  t.equal(await guard.hold(2, OTHER, after(clock.now(), 2999), false), true);
  t.strictSame(log, ['assign 10.0.0.100 on 2 for 1', 'assign 10.0.0.101 on 2 for 3']);
});

await t.test('its lifetime is set anew only when the right would outlast it', async (t) => {
  const { clock, log, guard } = setUp();
  await guard.hold(2, VIP, after(clock.now(), 600), false);
  for (let beat = 0; beat < 4; beat += 1) {
    clock.jump(100);
    t.equal(await guard.hold(2, VIP, after(clock.now(), 600), true), true);
  }
  t.equal(log.length, 1);
  clock.jump(100);
  t.equal(await guard.hold(2, VIP, after(clock.now(), 600), true), true);
  t.strictSame(log, ['assign 10.0.0.100 on 2 for 1', 'assign 10.0.0.100 on 2 for 1']);
});

await t.test('what somebody took off is put back at once', async (t) => {
  const { clock, log, guard } = setUp();
  await guard.hold(2, VIP, after(clock.now(), 600), false);
  await guard.hold(2, VIP, after(clock.now(), 600), false);
  t.equal(log.length, 2);
  await guard.end(2, VIP);
  await guard.hold(2, VIP, after(clock.now(), 600), true);
  t.strictSame(log.slice(2), ['withdraw 10.0.0.100 from 2', 'assign 10.0.0.100 on 2 for 1']);
});

await t.test('an address that came after the right is taken back', async (t) => {
  const { clock, log, guard } = setUp([600]);
  t.equal(await guard.hold(2, VIP, after(clock.now(), 600), false), false);
  t.strictSame(log, ['assign 10.0.0.100 on 2 for 1', 'withdraw 10.0.0.100 from 2']);
  t.equal(await guard.hold(2, VIP, clock.now(), false), false);
  t.equal(log.length, 2, 'not touched');
});

await t.test('a pause on the way to the link is noticed: its lifetime is set anew', async (t) => {
  const { clock, log, guard } = setUp([2100]);
  t.equal(await guard.hold(2, VIP, after(clock.now(), 2999), false), true);
  t.strictSame(log, ['assign 10.0.0.100 on 2 for 3', 'assign 10.0.0.100 on 2 for 1']);
  const quick = setUp([20]);
  t.equal(await quick.guard.hold(2, VIP, after(quick.clock.now(), 2999), false), true);
  t.equal(quick.log.length, 1);
});

await t.test('three pauses in a row on the way to the link, and it is taken back', async (t) => {
  const { clock, log, guard } = setUp([500, 500, 500]);
  t.equal(await guard.hold(2, VIP, after(clock.now(), 2999), false), false);
  t.equal(log.length, 4);
  t.equal(log.at(-1), 'withdraw 10.0.0.100 from 2');
});

await t.test('what cannot be shut or forgotten is told, and nothing stops for it', async (t) => {
  const { clock, events, refusals, guard, log } = setUp();
  await guard.open(END0, [VIP], after(clock.now(), 600));
  refusals.add('shut').add('forget');
  await guard.shut([VIP]);
  await guard.forget([VIP]);
  t.strictSame(log.slice(1), ['shut 10.0.0.100', 'forget 10.0.0.100']);
  t.match(events, [{ type: 'fence-failed' }, { type: 'fence-failed' }]);
});

await t.test('only what was opened, or stays from before, is forgotten', async (t) => {
  const { clock, guard, log } = setUp();
  await guard.forget([VIP]);
  t.strictSame(log, [], 'an unknown predecessor may keep it shut');
  await guard.open(END0, [VIP], after(clock.now(), 600));
  await guard.settle([OTHER]);
  await guard.forget([VIP, OTHER]);
  t.equal(log.at(-1), 'forget 10.0.0.100,10.0.0.101');
  await guard.forget([VIP, OTHER]);
  t.equal(log.length, 3, 'once');
});

await t.test('what an earlier daemon left is forgotten, but for what may stay', async (t) => {
  const { log, refusals, guard } = setUp();
  await guard.settle([VIP]);
  t.strictSame(log, ['forget all but 10.0.0.100']);
  refusals.add('settle');
  await t.rejects(guard.settle([]), { code: 'EPERM' });
});

await t.test('what may stay is what the kernel still guards', async (t) => {
  const { managed, guard } = setUp();
  t.strictSame(await guard.guarded([VIP, OTHER]), [], 'somebody has removed our tables');
  managed.add(OTHER.address);
  t.strictSame(await guard.guarded([VIP, OTHER]), [OTHER]);
});
