// The controller with simulated time, a simulated kernel and LAN: who else has the VIP.
import t from 'tap';
import { after } from '../../src/clock.ts';
import { leadingRig, RELEASE, startedRig, VIP, type Rig } from '../fixtures/group-rig.ts';
import { settle } from '../fixtures/virtual-clock.ts';

const STRANGER = '02:00:00:00:00:99';
const { address } = VIP;
const claim = (changes = {}) => ({
  address,
  linkIndex: 2,
  mac: STRANGER,
  answers: false,
  ...changes,
});
const told = (rig: Rig) => rig.events.filter(({ type }) => type === 'conflict');

/** A follower for whom the group is due in a second. */
async function dueRig(changes = {}): Promise<Rig> {
  const rig = await startedRig(changes);
  rig.controller.onDue(after(rig.clock.now(), 1000));
  return rig;
}

await t.test(
  'before an unclean taking it asks twice, beside the wait, and then is deaf',
  async (t) => {
    const rig = await dueRig();
    await rig.clock.advance(870);
    t.strictSame([rig.neighbours.asked, rig.neighbours.listeners], [[], 0]);
    await rig.clock.advance(130);
    t.strictSame([rig.neighbours.asked, rig.neighbours.listeners], [[address, address], 1]);
    await rig.clock.advance(1000);
    t.equal(rig.neighbours.listeners, 0, 'nothing wakes a follower');
    t.equal(rig.state, 'following');
  },
);

await t.test('a holder that beats puts it off, and nobody is asked', async (t) => {
  const rig = await dueRig();
  for (let beat = 0; beat < 10; beat += 1) {
    await rig.clock.advance(500);
    rig.controller.onDue(after(rig.clock.now(), 1000));
  }
  t.strictSame(rig.neighbours.asked, []);
});

await t.test('after a release it is taken without a question', async (t) => {
  const { rig } = await leadingRig();
  t.strictSame(rig.neighbours.asked, [address], 'the first of the patrol, once it is announced');
});

await t.test(
  'yield: a stranger that answers keeps us out, until nobody answers any more',
  async (t) => {
    const rig = await dueRig({ onConflict: 'yield' });
    rig.neighbours.stations.set(address, STRANGER);
    await rig.clock.advance(1000);
    t.match(rig.controller.status, { name: 'faulted', reason: 'conflict' });
    t.equal(rig.candidates.get('api'), false);
    t.match(told(rig), [{ vip: address, mac: STRANGER, answer: 'yielded' }]);
    await rig.clock.advance(20_000);
    t.equal(rig.state, 'faulted');
    rig.neighbours.stations.clear();
    await rig.clock.advance(6000);
    t.equal(rig.state, 'following');
    t.equal(rig.candidates.get('api'), true);
    t.equal(rig.neighbours.listeners, 0);
  },
);

await t.test('yield: one that turns out to be ours keeps us out no longer', async (t) => {
  const rig = await dueRig({ onConflict: 'yield' });
  rig.neighbours.stations.set(address, STRANGER);
  await rig.clock.advance(1000);
  t.equal(rig.state, 'faulted', 'etcd did not name it');
  rig.nodes.set(STRANGER, 'h2');
  await rig.clock.advance(20_000);
  t.equal(rig.state, 'following', 'it does');
});

await t.test(
  'defend: before a taking it is told, and no more, for it may be one of ours',
  async (t) => {
    const rig = await dueRig({ onConflict: 'defend' });
    rig.neighbours.stations.set(address, STRANGER);
    await rig.clock.advance(1000);
    t.match(told(rig), [{ vip: address, mac: STRANGER, answer: 'none' }]);
    t.equal(rig.state, 'following');
  },
);

await t.test('yield: kept out by a stranger, an etcd that is silent lets nobody in', async (t) => {
  const rig = await dueRig({ onConflict: 'yield' });
  rig.neighbours.stations.set(address, STRANGER);
  await rig.clock.advance(1000);
  rig.unnamed = 'unknown';
  await rig.clock.advance(30_000);
  t.equal(rig.state, 'faulted');
});

await t.test('whom etcd cannot name now keeps nobody out, and is no news', async (t) => {
  for (const onConflict of ['defend', 'yield'] as const) {
    const rig = await dueRig({ onConflict });
    rig.unnamed = 'unknown';
    rig.neighbours.stations.set(address, STRANGER);
    await rig.clock.advance(1000);
    t.ok(rig.neighbours.asked.length > 0, 'it was asked');
    t.strictSame([told(rig), rig.state], [[], 'following'], onConflict);
  }
});

await t.test('only told: alert; not even told: one of ours that has not let go yet', async (t) => {
  const alert = await dueRig({ onConflict: 'alert' });
  alert.neighbours.stations.set(address, STRANGER);
  await alert.clock.advance(1000);
  t.match(told(alert), [{ answer: 'none' }]);
  t.equal(alert.state, 'following');
  const ours = await dueRig();
  ours.nodes.set(STRANGER, 'h2');
  ours.neighbours.stations.set(address, STRANGER);
  await ours.clock.advance(1000);
  t.strictSame([told(ours), ours.state], [[], 'following']);
});

await t.test('what another that has just taken announces is no answer', async (t) => {
  const rig = await dueRig();
  await rig.clock.advance(990);
  rig.neighbours.tell(claim());
  await settle();
  t.equal(rig.state, 'following');
});

await t.test('held: defended once in 10 s, however often it is claimed', async (t) => {
  const { rig } = await leadingRig();
  for (let second = 0; second < 25; second += 1) {
    for (let frame = 0; frame < 10; frame += 1) rig.neighbours.tell(claim());
    rig.controller.onProved(rig.proof());
    await rig.clock.advance(1000);
  }
  t.equal(rig.took().filter((each) => each === `defend ${address}`).length, 3);
  t.equal(told(rig).length, 3);
  t.equal(rig.state, 'leading');
});

await t.test('held: one of ours is told by name and not answered, by any policy', async (t) => {
  for (const onConflict of ['defend', 'yield', 'alert'] as const) {
    const { rig } = await leadingRig({ onConflict });
    rig.nodes.set(STRANGER, 'h2');
    rig.neighbours.tell(claim());
    await settle();
    t.match(told(rig), [{ node: 'h2', answer: 'none' }], onConflict);
    t.strictSame([rig.took(), rig.state], [[], 'leading']);
  }
});

await t.test('held: yield withdraws, and releases when the kernel has confirmed', async (t) => {
  const { rig } = await leadingRig({ onConflict: 'yield' });
  rig.neighbours.tell(claim());
  await settle();
  t.strictSame(rig.took(), [...RELEASE, 'release conflict']);
  t.match(rig.controller.status, { name: 'faulted', reason: 'conflict' });
});

await t.test(
  'our own word, another LAN, and what comes after the end are no conflicts',
  async (t) => {
    const { rig } = await leadingRig();
    rig.neighbours.tell(claim({ mac: '02:00:00:00:00:02' }));
    rig.neighbours.tell(claim({ linkIndex: 1 }));
    await settle();
    t.strictSame(told(rig), []);
    await rig.controller.stop(new AbortController().signal);
    t.equal(rig.neighbours.listeners, 0);
  },
);

await t.test('many stations are not more work than 32, and their end is told', async (t) => {
  const { rig } = await leadingRig();
  for (let station = 0; station < 100; station += 1) {
    rig.neighbours.tell(claim({ mac: `02:00:00:00:01:${station}` }));
  }
  await settle();
  t.equal(told(rig).length, 32);
  for (let second = 0; second < 70; second += 1) {
    rig.controller.onProved(rig.proof());
    await rig.clock.advance(1000);
  }
  t.equal(rig.count('conflict-over'), 32);
});
