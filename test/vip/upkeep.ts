// What is held is kept on its link, and announced only while it is there.
import t from 'tap';
import { after } from '../../src/clock.ts';
import type { LinkAddress } from '../../src/network/types.ts';
import { VIP, VIP2, leadingRig } from '../fixtures/group-rig.ts';
import { settle } from '../fixtures/virtual-clock.ts';

const ours = (address: string): LinkAddress => ({
  linkIndex: 2,
  family: 4,
  address,
  prefixLength: 32,
  ours: true,
  validSeconds: 2,
});
const PAIR = { groups: [{ name: 'api', vips: [VIP, VIP2], links: ['end0'] }] };

await t.test(
  'an address that the kernel ended before the right did is not announced until it is back',
  async (t) => {
    const { rig, deadline } = await leadingRig();
    const { kernel, controller } = rig;
    // No proof: whole seconds of lifetime end up to 2 s before the right (fencing/lifetime.ts).
    const silentThere: number[] = [];
    while (kernel.has('10.0.0.100')) {
      if (rig.announced.get('api')?.length !== 1) silentThere.push(rig.clock.now());
      await rig.clock.advance(50);
    }
    t.strictSame(silentThere, [], 'announced for as long as it was there');
    t.ok(rig.clock.now() < after(deadline, -1000), 'the right goes on for longer');
    t.equal(controller.fence.isOpen(rig.clock.now()), true);
    t.equal(rig.state, 'leading');
    t.strictSame(rig.announced.get('api') ?? [], [], 'not a frame for what is not there');
    t.equal(rig.took().at(-1), 'silence');
    controller.onProved(rig.proof());
    await settle();
    t.strictSame(rig.took(), ['assign 10.0.0.100 for 2', 'announce 10.0.0.100']);
    t.ok(kernel.has('10.0.0.100'));
  },
);

await t.test('silence begins with the news, not with the answer of the kernel', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.answerMs.assign = 50;
  rig.kernel.remove(ours('10.0.0.100'));
  await settle();
  t.strictSame(rig.took(), ['silence', 'assign 10.0.0.100 for 2']);
  t.equal(rig.announced.has('api'), false, 'asked for, not acknowledged');
  await rig.clock.advance(50);
  t.strictSame(rig.took(), ['announce 10.0.0.100']);
  t.equal(rig.count('drift-repaired'), 1);
});

await t.test('what else of the group is there goes on being announced', async (t) => {
  const { rig, deadline } = await leadingRig(PAIR);
  t.strictSame(rig.announced.get('api'), ['10.0.0.100', '10.0.0.101']);
  await rig.clock.advanceTo(after(deadline, -1900));
  rig.took();
  rig.kernel.remove(ours('10.0.0.100'));
  await settle();
  t.equal(rig.kernel.has('10.0.0.100'), false, 'too little is left for a lifetime');
  t.strictSame(rig.took(), ['silence', 'announce 10.0.0.101']);
  rig.controller.onProved(rig.proof());
  await settle();
  t.strictSame(rig.announced.get('api'), ['10.0.0.100', '10.0.0.101'], 'a proof brings it back');
});

await t.test('both deleted at once: both are back, and both are announced', async (t) => {
  const { rig } = await leadingRig(PAIR);
  rig.kernel.remove(ours('10.0.0.100'));
  rig.kernel.remove(ours('10.0.0.101'));
  await settle();
  t.strictSame(rig.announced.get('api'), ['10.0.0.100', '10.0.0.101']);
});
