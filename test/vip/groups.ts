import t from 'tap';
import { Groups } from '../../src/vip/groups.ts';
import { END0, VIP, VIP2, startedRig } from '../fixtures/group-rig.ts';
import { settle } from '../fixtures/virtual-clock.ts';

async function twoGroups() {
  const rig = await startedRig({
    groups: [
      { name: 'api', vips: [VIP], links: ['end0'] },
      { name: 'db', vips: [VIP2], links: ['end0'] },
    ],
  });
  const groups = new Groups();
  for (const controller of rig.controllers) groups.add(controller);
  const states = (): string[] => groups.all().map(({ status }) => status.name);
  return { rig, groups, states };
}

const candidate = {
  node: 'n2',
  leaseId: 'a',
  revision: 3,
  foreign: false,
  mine: true,
  alive: true,
};

await t.test('each group hears what concerns it, and no other', async (t) => {
  const { rig, groups, states } = await twoGroups();
  groups.onQueue('db', { queue: [candidate], holder: undefined });
  t.strictSame(states(), ['following', 'campaigning']);
  t.strictSame(groups.get('db')?.status.queue, [candidate]);
  t.strictSame(groups.get('api')?.status.queue, []);
  groups.onTaken('api', rig.proof(), false);
  await settle();
  t.strictSame(states(), ['leading', 'campaigning']);
  await rig.clock.advance(500);
  groups.onProved('db', rig.proof());
  groups.onProved('api', rig.proof());
  t.equal(groups.get('api')?.fence.slackMs(rig.clock.now()), 4000);
  t.equal(groups.get('db')?.fence.deadline, undefined);
  groups.onTaken('db', rig.proof(), true);
  await settle();
  t.equal(groups.get('db')?.status.reason, 'lease-resumed');
  groups.onLost('api', undefined, 'deposed', 'by n3');
  await settle();
  t.strictSame(states(), ['following', 'leading']);
  t.equal(groups.get('api')?.status.reason, 'deposed');
  t.equal(groups.get('api')?.status.detail, 'by n3');
});

await t.test('the fence of one group is not that of another', async (t) => {
  const { rig, groups } = await twoGroups();
  groups.onTaken('api', rig.proof(), false);
  await settle();
  const now = rig.clock.now();
  t.equal(groups.get('api')?.fence.isOpen(now), true);
  t.equal(groups.get('db')?.fence.isOpen(now), false);
});

await t.test('a bar is for all groups, and so is what the kernel says', async (t) => {
  const { rig, groups, states } = await twoGroups();
  const bar = { reason: 'name-conflict', detail: 'n1 beats elsewhere' } as const;
  groups.onBarred(bar);
  t.strictSame(states(), ['faulted', 'faulted']);
  groups.onBarred(undefined);
  t.strictSame(states(), ['following', 'following']);
  rig.monitor.links = [{ ...END0, carrier: false }];
  groups.onNetwork(undefined);
  t.strictSame(states(), ['faulted', 'faulted']);
});

await t.test('a group that is not ours is nobody’s business', async (t) => {
  const { rig, groups, states } = await twoGroups();
  groups.onQueue('other', { queue: [candidate], holder: undefined });
  groups.onTaken('other', rig.proof(), false);
  groups.onProved('other', rig.proof());
  groups.onLost('other', undefined, 'deposed', '');
  await settle();
  t.strictSame(states(), ['following', 'following']);
  t.equal(groups.get('other'), undefined);
});
