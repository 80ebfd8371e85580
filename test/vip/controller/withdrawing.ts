// The controller with simulated time, a simulated kernel and the real monitor, fence, guard and
// machine: a token stays listed until the kernel says that the VIP is off.
import t from 'tap';
import { elapsedMs } from '../../../src/clock.ts';
import { link, ours } from '../../fixtures/fake-kernel.ts';
import { HOLD_FOR_MS, leadingRig, never, RELEASE } from '../../fixtures/group-rig.ts';
import { settle } from '../../fixtures/virtual-clock.ts';

await t.test('a token that is lost is withdrawn and confirmed, and not released', async (t) => {
  const { rig } = await leadingRig();
  rig.controller.onLost('deposed', 'by n2');
  t.equal(rig.controller.fence.isOpen(rig.clock.now()), false, 'closed before anything else');
  await settle();
  t.strictSame(rig.took(), RELEASE);
  t.equal(rig.state, 'following');
  t.equal(rig.candidates.get('api'), true);
});

await t.test(
  'a withdrawal whose reply was lost keeps the token listed until it is confirmed',
  async (t) => {
    const { rig } = await leadingRig();
    rig.kernel.trouble.set('withdraw', 'reply-lost');
    const stop = rig.controller.stop(never());
    await rig.clock.advance(999);
    t.notOk(rig.kernel.has('10.0.0.100'), 'it is off');
    t.strictSame(rig.took(), ['silence', 'withdraw 10.0.0.100', 'dump'], 'but nobody says so');
    rig.kernel.trouble.clear();
    await rig.clock.advance(1 + 20);
    await stop;
    t.strictSame(rig.took(), ['withdraw 10.0.0.100', 'dump', 'withdrawn', 'release shutdown']);
    t.equal(rig.count('withdraw-failed'), 1);
  },
);

await t.test('a kernel that does not answer keeps the token listed for as long', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.trouble.set('withdraw', 'stuck');
  rig.controller.onLost('deposed', 'by n2');
  await rig.clock.advance(60_000);
  t.equal(rig.state, 'withdrawing');
  t.notOk(rig.log.includes('withdrawn'));
  t.equal(rig.count('withdraw-failed'), 1, 'said once');
  rig.kernel.trouble.clear();
  await rig.clock.advance(2000);
  t.strictSame(rig.took().slice(-3), ['withdraw 10.0.0.100', 'dump', 'withdrawn']);
  t.equal(rig.state, 'following');
});

await t.test('tries to withdraw come ever more slowly, at least once a second', async (t) => {
  const { rig } = await leadingRig();
  const start = rig.clock.now();
  rig.kernel.trouble.set('withdraw', 'refused');
  rig.controller.onLost('deposed', 'by n2');
  const at: number[] = [];
  while (elapsedMs(start, rig.clock.now()) < 5000) {
    if (rig.took().some((each) => each.startsWith('withdraw '))) {
      at.push(elapsedMs(start, rig.clock.now()));
    }
    await rig.clock.advance(1);
  }
  t.strictSame(
    at.map((ms) => Math.round(ms / 10) * 10),
    [0, 20, 60, 140, 300, 620, 1260, 2260, 3260, 4260],
  );
});

await t.test('a dump that fails confirms nothing', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.trouble.set('dump', 'refused');
  rig.controller.onLost('deposed', 'by n2');
  await rig.clock.advance(100);
  t.notOk(rig.log.includes('withdrawn'));
  rig.kernel.trouble.clear();
  await rig.clock.advance(200);
  t.ok(rig.log.includes('withdrawn'));
});

await t.test('what a dump still shows is withdrawn again, on whatever link it is', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.linkList = [...rig.kernel.linkList, link(3, 'end1')];
  rig.kernel.list = [...rig.kernel.list, { ...ours('10.0.0.100'), linkIndex: 3, prefixLength: 24 }];
  rig.controller.onLost('deposed', 'by n2');
  await settle();
  t.strictSame(rig.took(), [
    'silence',
    'withdraw 10.0.0.100',
    'dump',
    'withdraw 10.0.0.100',
    'dump',
    'withdrawn',
  ]);
  t.notOk(rig.kernel.has('10.0.0.100'));
});

await t.test(
  'an arming under way cannot put the VIP back behind a confirmed withdrawal',
  async (t) => {
    const { rig } = await leadingRig();
    // The answer comes so late that the guard thinks of a shorter lifetime; meanwhile the token goes.
    rig.kernel.answerMs.assign = 300;
    rig.controller.onProved(rig.proof(4020));
    await rig.clock.advance(10);
    rig.controller.onLost('deposed', 'by n2');
    await rig.clock.advance(5000);
    t.notOk(rig.kernel.has('10.0.0.100'));
    const log = rig.took();
    const confirmed = log.indexOf('withdrawn');
    t.not(confirmed, -1);
    t.notOk(
      log.slice(confirmed).some((each) => each.startsWith('assign')),
      log.join(' | '),
    );
    t.equal(rig.state, 'following');
  },
);

await t.test('a taking that comes while withdrawing is released with the rest', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.answerMs.withdraw = 100;
  rig.controller.onLost('lease-lost', '');
  await settle();
  rig.controller.onTaken(rig.proof(HOLD_FOR_MS, 9), false);
  await rig.clock.advance(200);
  t.strictSame(rig.took(), [...RELEASE, 'release lease-lost']);
  t.equal(rig.controller.fence.deadline, undefined);
});

await t.test('a kernel without marks: what the journal lists is ours', async (t) => {
  const { rig } = await leadingRig({ marksAddresses: false });
  t.equal(rig.state, 'leading');
  await rig.controller.stop(never());
  t.strictSame(rig.took(), [...RELEASE, 'release shutdown']);
  t.notOk(rig.kernel.list.some(({ address }) => address === '10.0.0.100'));
});
