// The controller with simulated time, a simulated kernel and the real monitor, fence, guard and
// machine: the process ends and leaves the VIP to the next one.
import t from 'tap';
import { END0, HOLD_FOR_MS, leadingRig, OWN_QUEUE, startedRig } from '../../fixtures/group-rig.ts';
import { settle } from '../../fixtures/virtual-clock.ts';

await t.test('abandoned, the address stays, and not a frame or timer of ours', async (t) => {
  const { rig } = await leadingRig();
  await rig.controller.abandon();
  t.strictSame(rig.took(), ['silence']);
  t.ok(rig.kernel.has('10.0.0.100'));
  t.equal(rig.clock.pending, rig.kernel.lifetimes, 'only the kernel’s timers run');
  t.equal(rig.controller.fence.isOpen(rig.clock.now()), false, 'no frame passes the fence');
  rig.controller.onProved(rig.proof());
  rig.controller.check();
  await settle();
  t.strictSame(rig.took(), []);
  await rig.controller.abandon();
});

await t.test(
  'abandoned before it leads: a taking and a proof assign and announce nothing',
  async (t) => {
    const rig = await startedRig();
    const proof = rig.proof();
    await rig.controller.abandon();
    rig.took();
    rig.controller.onTaken(proof, false);
    rig.controller.onProved(rig.proof());
    rig.controller.onQueue(OWN_QUEUE);
    rig.kernel.setLink({ ...END0, mac: '02:00:00:00:00:99' });
    await rig.clock.advance(HOLD_FOR_MS);
    t.strictSame(rig.took(), []);
    t.equal(rig.kernel.has('10.0.0.100'), false);
    t.equal(rig.announced.size, 0);
    t.equal(rig.controller.fence.deadline, undefined, 'the right is not even noted');
    t.strictSame(rig.transitions(), []);
    t.equal(rig.clock.pending, 0, 'no timer is left');
  },
);

await t.test('abandoned while leading: neither proof nor loss nor drift moves it', async (t) => {
  const { rig } = await leadingRig();
  await rig.controller.abandon();
  rig.took();
  const before = rig.transitions().length;
  rig.controller.onTaken(rig.proof(), false);
  rig.controller.onProved(rig.proof());
  rig.kernel.setLink({ ...END0, mac: '02:00:00:00:00:99' });
  rig.controller.onLost('deposed', 'by n2');
  await rig.clock.advance(100);
  t.strictSame(rig.took(), []);
  t.equal(rig.announced.size, 0);
  t.equal(rig.transitions().length, before);
  t.ok(rig.kernel.has('10.0.0.100'), 'the next daemon finds it');
});

await t.test('abandoned while assigning, it does not begin to announce', async (t) => {
  const rig = await startedRig();
  rig.kernel.answerMs.assign = 50;
  rig.controller.onTaken(rig.proof(), false);
  await settle();
  const abandoned = rig.controller.abandon();
  await rig.clock.advance(100);
  await abandoned;
  t.equal(rig.announced.size, 0);
  t.equal(rig.clock.pending, rig.kernel.lifetimes);
});
