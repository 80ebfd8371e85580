// What is held is kept on its link, and announced only while it is there.
import t from 'tap';
import { after } from '../../src/clock.ts';
import { ours } from '../fixtures/fake-kernel.ts';
import { VIP, VIP2, leadingRig, type Rig } from '../fixtures/group-rig.ts';
import { settle } from '../fixtures/virtual-clock.ts';

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

/** Somebody took the host's own address away and put it back: the VIP is the link's first. */
function putFirst(rig: Rig): Promise<void> {
  const { kernel } = rig;
  const own = kernel.list.filter(({ ours }) => !ours);
  kernel.list = [...kernel.list.filter(({ ours }) => ours), ...own];
  return rig.monitor.refresh();
}

const addressesIn = (rig: Rig): string[] => rig.kernel.list.map(({ address }) => address);

await t.test(
  'put behind again by ourselves, it is no drift, early or late the event',
  async (t) => {
    for (const eventAfterMs of [0, 1, 5, 50]) {
      const { rig } = await leadingRig();
      rig.kernel.answerMs.withdraw = 2;
      rig.kernel.answerMs.assign = 2;
      rig.kernel.eventAfterMs = eventAfterMs;
      await putFirst(rig);
      await rig.clock.advance(100);
      t.strictSame(
        rig.took(),
        ['silence', 'withdraw 10.0.0.100', 'assign 10.0.0.100 for 2', 'announce 10.0.0.100'],
        `events ${eventAfterMs} ms late`,
      );
      t.equal(rig.count('drift-repaired'), 0, 'nobody else deleted it');
      t.strictSame(addressesIn(rig), ['10.0.0.1', '10.0.0.100']);
      t.strictSame(rig.announced.get('api'), ['10.0.0.100']);
      t.equal(rig.controller.status.assignment.isHeld(VIP), true);
      // What somebody else deletes after it is drift as ever.
      rig.kernel.remove(ours('10.0.0.100'));
      await rig.clock.advance(100);
      t.equal(rig.count('drift-repaired'), 1);
    }
  },
);

await t.test('two looks that find it first withdraw it once', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.answerMs.withdraw = 2;
  rig.kernel.eventAfterMs = 1;
  await putFirst(rig);
  rig.controller.onNetwork(undefined);
  await rig.clock.advance(100);
  t.equal(rig.took().filter((each) => each.startsWith('withdraw ')).length, 1);
  t.strictSame(addressesIn(rig), ['10.0.0.1', '10.0.0.100']);
});

await t.test('put behind again, it comes back though the event was lost', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.eventAfterMs = undefined;
  await putFirst(rig);
  await rig.clock.advance(200);
  t.strictSame(rig.took(), [
    'silence',
    'withdraw 10.0.0.100',
    'assign 10.0.0.100 for 2',
    'announce 10.0.0.100',
  ]);
  t.equal(rig.controller.status.assignment.isHeld(VIP), true);
  t.equal(rig.count('drift-repaired'), 0);
});

await t.test('the right that ends while it is put behind again ends it for good', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.answerMs.withdraw = 20;
  await putFirst(rig);
  rig.controller.onLost('deposed', 'by n2');
  await rig.clock.advance(1000);
  t.equal(rig.kernel.has('10.0.0.100'), false);
  t.equal(rig.announced.has('api'), false);
  t.equal(rig.state, 'following');
});
