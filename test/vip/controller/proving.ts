// The controller with simulated time, a simulated kernel and the real monitor, fence, guard and
// machine: a right that is proved, or not, until its deadline.
import t from 'tap';
import { after, elapsedMs } from '../../../src/clock.ts';
import { ours } from '../../fixtures/fake-kernel.ts';
import {
  HOLD_FOR_MS,
  leadingRig,
  OFF_BEFORE_MS,
  RELEASE,
  Rig,
  startedRig,
} from '../../fixtures/group-rig.ts';
import { settle } from '../../fixtures/virtual-clock.ts';

await t.test('each beat that proves the token arms the kernel anew', async (t) => {
  const { rig } = await leadingRig();
  for (let beat = 0; beat < 10; beat += 1) {
    await rig.clock.advance(500);
    rig.controller.onProved(rig.proof());
    await settle();
    t.strictSame(rig.took(), ['assign 10.0.0.100 for 2']);
  }
  t.equal(rig.state, 'leading');
  t.equal(rig.count('vip-held'), 1, 'held without a gap');
});

await t.test('a proof that comes while the VIP is assigned arms the kernel, too', async (t) => {
  const rig = await startedRig();
  rig.kernel.answerMs.assign = 500;
  rig.controller.onTaken(rig.proof(), false);
  await rig.clock.advance(250);
  rig.controller.onProved(rig.proof());
  await rig.clock.advance(250);
  t.equal(rig.state, 'leading');
  await rig.clock.advance(500);
  const assigned = rig.took().filter((each) => each.startsWith('assign'));
  t.strictSame(assigned, ['assign 10.0.0.100 for 2', 'assign 10.0.0.100 for 2']);
});

await t.test('a proof of another token is ignored', async (t) => {
  const { rig, deadline } = await leadingRig();
  await rig.clock.advance(500);
  rig.controller.onProved(rig.proof(HOLD_FOR_MS, 8));
  await settle();
  t.strictSame(rig.took(), []);
  t.equal(rig.controller.fence.deadline, deadline);
});

await t.test('without a proof the VIP is off before the deadline, whoever answers', async (t) => {
  const { rig, deadline } = await leadingRig();
  await rig.clock.advanceTo(after(deadline, -OFF_BEFORE_MS));
  // The kernel ends it first, and then nothing is announced any more.
  t.strictSame(rig.took(), ['assign 10.0.0.100 for 2', 'silence', ...RELEASE]);
  t.equal(rig.kernel.has('10.0.0.100'), false);
  t.equal(rig.announced.size, 0);
  t.strictSame(rig.transitions().slice(-2), [
    'leading → withdrawing: fence-expired',
    'withdrawing → following: fence-expired',
  ]);
});

await t.test('it is not given up sooner than 20 ms before the deadline', async (t) => {
  const { rig, deadline } = await leadingRig();
  await rig.clock.advanceTo(after(deadline, -21));
  t.equal(rig.state, 'leading');
  t.strictSame(rig.transitions().at(-1), 'assigning → leading: elected');
});

await t.test(
  'the kernel keeps the VIP to 1.12 s before the deadline when no proof comes',
  async (t) => {
    // Whole seconds give that much away; see fencing/lifetime.ts.
    for (const holdForMs of [2100, 2500, 3019, 3020, 3999, 4000, 9999]) {
      const rig = await startedRig();
      const { sentAt, deadline } = rig.proof(holdForMs);
      rig.controller.onTaken(rig.proof(holdForMs), false);
      const lastSeen = elapsedMs(sentAt, deadline) - 1121;
      await rig.clock.advance(lastSeen);
      t.ok(rig.kernel.has('10.0.0.100'), `there at ${lastSeen} of ${holdForMs} ms`);
      t.equal(rig.count('vip-held'), 1, 'without a gap');
      await rig.clock.advanceTo(deadline);
      t.notOk(rig.kernel.has('10.0.0.100'));
    }
  },
);

await t.test(
  'no proof, and the process late by a second: the VIP is there all the time',
  async (t) => {
    for (const beforeMs of [870, 1000, 1500]) {
      const { rig, deadline } = await leadingRig();
      await rig.clock.advance(beforeMs);
      rig.clock.jump(1000);
      await rig.clock.advanceTo(after(deadline, -1500));
      t.ok(rig.kernel.has('10.0.0.100'), `late from ${beforeMs} ms on`);
      t.equal(rig.count('vip-held'), 1, 'without a gap');
    }
  },
);

await t.test('a late kernel and a dead process: the VIP is gone by the deadline', async (t) => {
  for (let beforeMs = 0; beforeMs < 1000; beforeMs += 37) {
    const { rig, deadline } = await leadingRig();
    rig.kernel.lateMs = 1000;
    await rig.clock.advance(beforeMs);
    rig.controller.onProved(rig.proof(HOLD_FOR_MS - beforeMs));
    await settle();
    // The process is dead from here on: only the kernel's timers fire.
    await rig.controller.abandon();
    await rig.clock.advanceTo(after(deadline, -1));
    t.notOk(rig.kernel.has('10.0.0.100'), `proved with ${HOLD_FOR_MS - beforeMs} ms left`);
  }
});

await t.test('a process that was stopped looks at the clock before anything else', async (t) => {
  const { rig } = await leadingRig();
  rig.clock.jump(10_000);
  rig.controller.check();
  t.equal(rig.controller.fence.deadline, undefined);
  t.strictSame(rig.took().slice(0, 2), ['silence', 'withdraw 10.0.0.100'], 'in the same turn');
  await settle();
  t.strictSame(rig.transitions().at(-2), 'leading → withdrawing: fence-expired');
});

await t.test('a look at the clock in time changes nothing', async (t) => {
  const { rig } = await leadingRig();
  rig.controller.check();
  await rig.clock.advance(500);
  rig.controller.check();
  t.strictSame(rig.took(), []);
  t.equal(rig.state, 'leading');
});

await t.test('a machine that was suspended drops first and asks later', async (t) => {
  const { rig } = await leadingRig();
  rig.clock.suspend(1000);
  rig.controller.onSuspended(1000);
  await settle();
  t.strictSame(rig.took(), RELEASE);
  t.equal(rig.transitions().at(-2), 'leading → withdrawing: suspended');
  const follower = await startedRig();
  follower.controller.onSuspended(1000);
  t.strictSame(follower.transitions(), [], 'who holds nothing has nothing to drop');
});

await t.test(
  'what an earlier life left goes by its deadline unless it is proved again',
  async (t) => {
    const rig = new Rig({});
    rig.kernel.list = [...rig.kernel.list, ours('10.0.0.100')];
    await rig.listen();
    const remembered = rig.proof();
    rig.controller.start(remembered);
    await rig.clock.advanceTo(after(remembered.deadline, -21));
    t.strictSame(rig.took(), [], 'nothing is armed anew or announced');
    t.equal(rig.candidates.get('api'), true);
    await rig.clock.advanceTo(after(remembered.deadline, -OFF_BEFORE_MS));
    t.notOk(rig.kernel.has('10.0.0.100'));
    const log = rig.took();
    t.equal(log[0], 'silence');
    t.equal(log.at(-1), 'withdrawn', 'the token is listed no more');
    t.equal(rig.state, 'following');
  },
);
