// The controller with simulated time, a simulated kernel and the real monitor, fence, guard and
// machine: the address is on the link by somebody else’s hand.
import t from 'tap';
import { foreign, ours } from '../../fixtures/fake-kernel.ts';
import { leadingRig, never, Rig, startedRig, VIP, VIP2 } from '../../fixtures/group-rig.ts';
import { settle } from '../../fixtures/virtual-clock.ts';

const isThere = (rig: Rig): boolean =>
  rig.kernel.list.some((each) => each.address === '10.0.0.100' && !each.ours);

await t.test(
  'a foreign address of the same name keeps out of its group, and only of it',
  async (t) => {
    const rig = await startedRig({
      groups: [
        { name: 'api', vips: [VIP], links: ['end0'] },
        { name: 'db', vips: [VIP2], links: ['end0'] },
      ],
    });
    rig.kernel.add(foreign(2, '10.0.0.100', 24));
    await settle();
    const [api, db] = rig.controllers;
    t.equal(api?.status.name, 'faulted');
    t.equal(api?.status.reason, 'foreign-address');
    t.equal(rig.candidates.get('api'), false);
    t.equal(db?.status.name, 'following');
    db?.onTaken(rig.proof(), false);
    await settle();
    t.equal(db?.status.name, 'leading');
    rig.kernel.remove(foreign(2, '10.0.0.100', 24));
    await settle();
    t.equal(api?.status.name, 'following', 'it goes, and the group stands again');
    t.equal(rig.candidates.get('api'), true);
  },
);

await t.test('a taking while a foreign address is there is given back untouched', async (t) => {
  const rig = await startedRig();
  // Nobody has told us yet: the look before the assigning finds it.
  rig.kernel.list = [...rig.kernel.list, foreign(2, '10.0.0.100', 32)];
  await rig.monitor.refresh();
  rig.took();
  rig.controller.onTaken(rig.proof(), false);
  await settle();
  const log = rig.took();
  t.strictSame(log, ['silence', 'dump', 'withdrawn', 'release foreign-address']);
  t.ok(rig.kernel.list.some(({ address, ours }) => address === '10.0.0.100' && !ours));
});

await t.test('before it assigns it looks once more, told of a change or not', async (t) => {
  const rig = await startedRig();
  rig.kernel.list = [...rig.kernel.list, foreign(2, '10.0.0.100', 32)];
  rig.monitor.addresses = rig.kernel.list;
  rig.controller.onTaken(rig.proof(), false);
  await settle();
  t.strictSame(rig.took(), ['silence', 'dump', 'withdrawn', 'release foreign-address']);
  t.ok(isThere(rig));
});

await t.test('an address that somebody else put there outlives every end of ours', async (t) => {
  for (const event of ['stop', 'lost', 'expired'] as const) {
    const rig = await startedRig();
    rig.kernel.add(foreign(2, '10.0.0.100', 32));
    await settle();
    if (event === 'stop') await rig.controller.stop(never());
    if (event === 'lost') rig.controller.onLost('deposed', '');
    if (event === 'expired') {
      rig.controller.onTaken(rig.proof(), false);
      rig.clock.jump(10_000);
      rig.controller.check();
    }
    await rig.clock.advance(100);
    t.ok(isThere(rig), event);
    t.notOk(
      rig.log.some((each) => each.startsWith('withdraw ')),
      event,
    );
  }
  const { rig } = await leadingRig();
  rig.kernel.remove(ours('10.0.0.100'));
  rig.kernel.add(foreign(2, '10.0.0.100', 32));
  await settle();
  await rig.controller.stop(never());
  t.ok(isThere(rig), 'put in the place of ours while leading');
});
