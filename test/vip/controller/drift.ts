// The controller with simulated time, a simulated kernel and the real monitor, fence, guard and
// machine: what others change on the link while it leads.
import t from 'tap';
import { after } from '../../../src/clock.ts';
import { foreign, ours } from '../../fixtures/fake-kernel.ts';
import { END0, leadingRig } from '../../fixtures/group-rig.ts';
import { settle } from '../../fixtures/virtual-clock.ts';

await t.test(
  'a VIP that somebody deletes is put back at once, announced, and counted',
  async (t) => {
    const { rig } = await leadingRig();
    rig.kernel.remove(ours('10.0.0.100'));
    await settle();
    t.strictSame(rig.took(), ['silence', 'assign 10.0.0.100 for 2', 'announce 10.0.0.100']);
    t.ok(rig.kernel.has('10.0.0.100'));
    t.equal(rig.count('drift-repaired'), 1);
    t.equal(rig.state, 'leading');
  },
);

await t.test('a VIP that goes with its right is not put back', async (t) => {
  const { rig, deadline } = await leadingRig();
  await rig.clock.advanceTo(after(deadline, -1500));
  rig.took();
  rig.kernel.remove(ours('10.0.0.100'));
  await settle();
  t.strictSame(rig.took(), ['silence'], 'too little is left for a lifetime');
  t.equal(rig.count('drift-repaired'), 0);
  const proof = rig.proof();
  rig.controller.onProved(proof);
  await settle();
  t.strictSame(rig.took(), ['assign 10.0.0.100 for 2', 'announce 10.0.0.100'], 'a proof brings it');
});

await t.test('a VIP that became the link’s first address is put behind again', async (t) => {
  const { rig } = await leadingRig();
  const own = foreign(2, '10.0.0.1', 24);
  rig.kernel.list = [...rig.kernel.list.filter(({ ours }) => ours), own];
  await rig.monitor.refresh();
  await settle();
  t.strictSame(rig.took(), [
    'silence',
    'withdraw 10.0.0.100',
    'assign 10.0.0.100 for 2',
    'announce 10.0.0.100',
  ]);
  t.strictSame(
    rig.kernel.list.map(({ address }) => address),
    ['10.0.0.1', '10.0.0.100'],
  );
  t.ok(rig.announced.has('api'));
  t.equal(rig.state, 'leading');
});

await t.test('a link with a new hardware address is announced with it', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.setLink({ ...END0, mac: '02:00:00:00:00:aa' });
  await settle();
  t.strictSame(rig.took(), ['announce 10.0.0.100']);
});
