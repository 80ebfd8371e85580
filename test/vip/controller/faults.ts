// The controller with simulated time, a simulated kernel and the real monitor, fence, guard and
// machine: what bars it from standing for election, and when it stands again.
import t from 'tap';
import { foreign, link } from '../../fixtures/fake-kernel.ts';
import { END0, HOLD_FOR_MS, leadingRig, RELEASE, startedRig } from '../../fixtures/group-rig.ts';
import { settle } from '../../fixtures/virtual-clock.ts';

await t.test(
  'the same order when the carrier goes, and it comes back with the carrier',
  async (t) => {
    const { rig } = await leadingRig();
    rig.kernel.setLink({ ...END0, carrier: false });
    await settle();
    t.strictSame(rig.took(), [...RELEASE, 'release link-down']);
    t.equal(rig.state, 'faulted');
    t.equal(rig.candidates.get('api'), false);
    rig.kernel.setLink(END0);
    await rig.clock.advance(999);
    t.equal(rig.state, 'faulted', 'who knows for how long it is back');
    await rig.clock.advance(1);
    t.equal(rig.state, 'following');
    t.equal(rig.candidates.get('api'), true);
  },
);

await t.test('a link that vanishes takes the VIPs with it: released all the same', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.removeLink(END0);
  await settle();
  t.strictSame(rig.took(), [...RELEASE, 'release link-missing']);
  t.equal(rig.state, 'faulted');
  rig.kernel.linkList = [link(7, 'end0')];
  rig.kernel.list = [foreign(7, '10.0.0.1', 24)];
  await rig.monitor.refresh();
  t.equal(rig.state, 'following', 'a link of this name has appeared');
});

await t.test(
  'a link that refuses the VIP: it is given up, then tried ever more slowly',
  async (t) => {
    const rig = await startedRig();
    rig.kernel.trouble.set('assign', 'refused');
    for (const waitMs of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      t.equal(rig.candidates.get('api'), true);
      rig.controller.onTaken(rig.proof(), false);
      await settle();
      t.strictSame(rig.took(), ['assign 10.0.0.100 for 2', ...RELEASE, 'release assign-failed']);
      t.equal(rig.state, 'faulted');
      t.equal(rig.candidates.get('api'), false);
      await rig.clock.advance(waitMs - 1);
      t.equal(rig.state, 'faulted', `for ${waitMs} ms`);
      await rig.clock.advance(1);
      t.equal(rig.state, 'following');
    }
    rig.kernel.trouble.clear();
    rig.controller.onTaken(rig.proof(), false);
    await settle();
    t.equal(rig.state, 'leading');
    rig.kernel.trouble.set('assign', 'refused');
    rig.controller.onProved(rig.proof(HOLD_FOR_MS + 1));
    await settle();
    t.equal(rig.state, 'faulted');
    await rig.clock.advance(1000);
    t.equal(rig.state, 'following', 'after a success the first wait is short again');
  },
);

await t.test('a name that another node has bars every taking until it is free', async (t) => {
  const { rig } = await leadingRig();
  rig.controller.onBarred({ reason: 'name-conflict', detail: 'n1 beats elsewhere' });
  await settle();
  t.strictSame(rig.took(), [...RELEASE, 'release name-conflict']);
  rig.kernel.setLink({ ...END0, carrier: false });
  await settle();
  t.equal(rig.controller.status.reason, 'name-conflict', 'the graver fault is the one told');
  rig.controller.onBarred(undefined);
  t.equal(rig.controller.status.reason, 'link-down', 'then the next');
  t.equal(rig.candidates.get('api'), false);
  rig.kernel.setLink(END0);
  await rig.clock.advance(1000);
  t.equal(rig.candidates.get('api'), true);
});
