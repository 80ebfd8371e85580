// The controller with simulated time, a simulated kernel and the real monitor, fence, guard and
// machine: a stop, and what it waits for.
import t from 'tap';
import {
  END0,
  leadingRig,
  never,
  RELEASE,
  startedRig,
  VIP,
  VIP2,
} from '../../fixtures/group-rig.ts';
import { settle } from '../../fixtures/virtual-clock.ts';

await t.test(
  'a stop is silence, withdrawal, dump, confirmation, release, in this order',
  async (t) => {
    const { rig } = await leadingRig();
    await rig.controller.stop(never());
    t.strictSame(rig.took(), [...RELEASE, 'release shutdown']);
    t.equal(rig.kernel.has('10.0.0.100'), false);
    t.strictSame(rig.journal.addresses, []);
    t.equal(rig.candidates.get('api'), false);
    t.equal(rig.state, 'following');
    t.equal(rig.clock.pending, 0, 'no timer is left');
    t.equal(rig.controller.fence.deadline, undefined);
  },
);

await t.test('a stop waits for the answer to the release', async (t) => {
  const { rig } = await leadingRig();
  const answers: (() => void)[] = [];
  rig.answerRelease = () => new Promise((resolve) => answers.push(resolve));
  let stopped = false;
  const stop = rig.controller.stop(never()).then(() => (stopped = true));
  await settle();
  t.strictSame(rig.took(), [...RELEASE, 'release shutdown']);
  t.equal(stopped, false);
  for (const answer of answers) answer();
  t.equal(await stop, true);
});

await t.test(
  'what a group’s work throws unexpectedly is told: the daemon has to end',
  async (t) => {
    const { rig } = await leadingRig();
    const defect = new TypeError('a defect');
    rig.answerRelease = () => Promise.reject(defect);
    await rig.controller.stop(never());
    t.strictSame(rig.defects, [defect]);
    t.notOk(
      rig.kernel.list.some((each) => each.ours),
      'the address is off all the same',
    );
  },
);

await t.test('a stop during the assigning ends without the address, and releases', async (t) => {
  const rig = await startedRig();
  rig.kernel.answerMs.assign = 50;
  rig.controller.onTaken(rig.proof(), false);
  await settle();
  t.equal(rig.state, 'assigning');
  const stop = rig.controller.stop(never());
  await rig.clock.advance(200);
  await stop;
  t.strictSame(rig.took(), ['assign 10.0.0.100 for 2', ...RELEASE, 'release shutdown']);
  t.notOk(rig.kernel.has('10.0.0.100'));
  t.equal(rig.count('takeover'), 0);
  t.equal(rig.clock.pending, 0);
});

await t.test('a stop of several VIPs half assigned takes off those that are on', async (t) => {
  const rig = await startedRig({ groups: [{ name: 'api', vips: [VIP, VIP2], links: ['end0'] }] });
  rig.kernel.answerMs.assign = 50;
  rig.controller.onTaken(rig.proof(), false);
  await rig.clock.advance(60);
  t.ok(rig.kernel.has('10.0.0.101'));
  const stop = rig.controller.stop(never());
  await rig.clock.advance(200);
  await stop;
  t.notOk(rig.kernel.has('10.0.0.100'));
  t.notOk(rig.kernel.has('10.0.0.101'));
  t.strictSame(rig.took().slice(-3), ['dump', 'withdrawn', 'release shutdown']);
});

await t.test('a stop during a withdrawal waits for it, and then releases', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.answerMs.withdraw = 100;
  rig.clock.jump(10_000);
  rig.controller.check();
  await settle();
  t.equal(rig.state, 'withdrawing');
  const stop = rig.controller.stop(never());
  await rig.clock.advance(99);
  t.strictSame(rig.took(), ['silence', 'withdraw 10.0.0.100', 'dump']);
  await rig.clock.advance(1);
  await stop;
  t.strictSame(rig.took(), ['withdrawn', 'release shutdown']);
});

await t.test('a stop that takes too long ends unconfirmed: nothing is released', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.trouble.set('withdraw', 'refused');
  const limit = new AbortController();
  const stop = rig.controller.stop(limit.signal);
  await rig.clock.advance(1500);
  limit.abort(new Error('the stop takes too long'));
  await stop;
  t.notOk(rig.log.includes('withdrawn'));
  t.notOk(rig.log.some((each) => each.startsWith('release')));
});

await t.test('stopping a follower touches no link, and stopping twice is well', async (t) => {
  const rig = await startedRig();
  await rig.controller.stop(never());
  await rig.controller.stop(never());
  const nothing = ['silence', 'dump', 'withdrawn', 'release shutdown'];
  t.strictSame(rig.took(), [...nothing, ...nothing]);
  t.equal(rig.candidates.get('api'), false);
  rig.kernel.setLink({ ...END0, carrier: false });
  await settle();
  rig.kernel.setLink(END0);
  await settle();
  t.equal(rig.candidates.get('api'), false, 'a stopped group never stands again');
});

await t.test('a stop ends a back-off', async (t) => {
  const rig = await startedRig();
  rig.kernel.trouble.set('assign', 'refused');
  rig.controller.onTaken(rig.proof(), false);
  await settle();
  await rig.controller.stop(never());
  t.equal(rig.clock.pending, 0);
  t.equal(rig.candidates.get('api'), false);
});
