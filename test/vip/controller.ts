// The controller with simulated time, a simulated kernel and the real monitor, fence, guard and
// machine: in what order it asks for what.
import t from 'tap';
import { after, elapsedMs } from '../../src/clock.ts';
import { foreign, link, ours } from '../fixtures/fake-kernel.ts';
import {
  END0,
  HOLD_FOR_MS,
  Rig,
  VIP,
  VIP2,
  leadingRig,
  startedRig,
} from '../fixtures/group-rig.ts';
import { settle } from '../fixtures/virtual-clock.ts';

/** What a release is, always (design §4). */
const RELEASE = ['silence', 'withdraw 10.0.0.100', 'dump', 'withdrawn'];
/** The withdrawal begins 20 ms before the deadline; its timer may be up to 2 ms later. */
const OFF_BEFORE_MS = 18;
const never = (): AbortSignal => new AbortController().signal;

const isThere = (rig: Rig): boolean =>
  rig.kernel.list.some((each) => each.address === '10.0.0.100' && !each.ours);

await t.test('it stands for election when its link will do', async (t) => {
  const rig = await startedRig();
  t.equal(rig.candidates.get('api'), true);
  t.equal(rig.state, 'following');
});

await t.test('a taking assigns, and announces once the kernel acknowledged', async (t) => {
  const rig = await startedRig();
  rig.kernel.answerMs.assign = 5;
  rig.controller.onQueue([{ node: 'n1', leaseId: '1', revision: 7, foreign: false, mine: true }]);
  rig.controller.onTaken(rig.proof(), false);
  await settle();
  t.strictSame(rig.took(), ['assign 10.0.0.100 for 2']);
  t.equal(rig.state, 'assigning');
  t.strictSame(rig.journal.addresses, [{ link: 'end0', address: '10.0.0.100', prefixLength: 32 }]);
  await rig.clock.advance(5);
  t.strictSame(rig.took(), ['announce 10.0.0.100']);
  t.strictSame(rig.transitions(), [
    'following → campaigning: elected',
    'campaigning → assigning: elected',
    'assigning → leading: elected',
  ]);
  t.match(rig.events, [
    { type: 'transition' },
    { type: 'transition' },
    { type: 'vip-held', group: 'api', vip: '10.0.0.100', link: 'end0', held: true },
    { type: 'transition' },
    { type: 'takeover', group: 'api', durationMs: 5 },
  ]);
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

await t.test('the journal lists an address before the kernel has it', async (t) => {
  const rig = await startedRig();
  rig.kernel.trouble.set('assign', 'stuck');
  rig.controller.onTaken(rig.proof(), false);
  await settle();
  t.equal(rig.kernel.has('10.0.0.100'), false);
  t.strictSame(rig.journal.addresses, [{ link: 'end0', address: '10.0.0.100', prefixLength: 32 }]);
});

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
  'the same order when the carrier goes, and it comes back with the carrier',
  async (t) => {
    const { rig } = await leadingRig();
    rig.kernel.setLink({ ...END0, carrier: false });
    await settle();
    t.strictSame(rig.took(), [...RELEASE, 'release link-down']);
    t.equal(rig.state, 'faulted');
    t.equal(rig.candidates.get('api'), false);
    rig.kernel.setLink(END0);
    await settle();
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

await t.test('a token that is lost is withdrawn and confirmed, and not released', async (t) => {
  const { rig } = await leadingRig();
  rig.controller.onLost('deposed', 'by n2');
  t.equal(rig.controller.fence.isOpen(rig.clock.now()), false, 'closed before anything else');
  await settle();
  t.strictSame(rig.took(), RELEASE);
  t.equal(rig.state, 'following');
  t.equal(rig.candidates.get('api'), true);
});

await t.test('each beat that proves the token arms the kernel anew', async (t) => {
  const { rig } = await leadingRig();
  for (let beat = 0; beat < 10; beat += 1) {
    await rig.clock.advance(500);
    rig.controller.onProved(rig.proof());
    await settle();
    t.strictSame(rig.took(), ['assign 10.0.0.100 for 2']);
  }
  t.equal(rig.state, 'leading');
  t.equal(rig.count('vip-held'), 1, 'held without a gap');
});

await t.test('a proof of another token is ignored', async (t) => {
  const { rig, deadline } = await leadingRig();
  await rig.clock.advance(500);
  rig.controller.onProved(rig.proof(HOLD_FOR_MS, 8));
  await settle();
  t.strictSame(rig.took(), []);
  t.equal(rig.controller.fence.deadline, deadline);
});

await t.test('without a proof the VIP is off before the deadline, whoever answers', async (t) => {
  const { rig, deadline } = await leadingRig();
  await rig.clock.advanceTo(after(deadline, -OFF_BEFORE_MS));
  // The kernel ends it first, and then nothing is announced any more.
  t.strictSame(rig.took(), ['assign 10.0.0.100 for 1', 'silence', ...RELEASE]);
  t.equal(rig.kernel.has('10.0.0.100'), false);
  t.equal(rig.announced.size, 0);
  t.strictSame(rig.transitions().slice(-2), [
    'leading → withdrawing: fence-expired',
    'withdrawing → following: fence-expired',
  ]);
});

await t.test('it is not given up sooner than 20 ms before the deadline', async (t) => {
  const { rig, deadline } = await leadingRig();
  await rig.clock.advanceTo(after(deadline, -21));
  t.equal(rig.state, 'leading');
  t.strictSame(rig.transitions().at(-1), 'assigning → leading: elected');
});

await t.test(
  'the kernel keeps the VIP to 1.1 s before the deadline when no proof comes',
  async (t) => {
    // Whole seconds give that much away; see fencing/lifetime.ts.
    for (const holdForMs of [2100, 2500, 3019, 3020, 3999, 4000, 9999]) {
      const rig = await startedRig();
      const { sentAt, deadline } = rig.proof(holdForMs);
      rig.controller.onTaken(rig.proof(holdForMs), false);
      const lastSeen = elapsedMs(sentAt, deadline) - 1101;
      await rig.clock.advance(lastSeen);
      t.ok(rig.kernel.has('10.0.0.100'), `there at ${lastSeen} of ${holdForMs} ms`);
      t.equal(rig.count('vip-held'), 1, 'without a gap');
      await rig.clock.advanceTo(deadline);
      t.notOk(rig.kernel.has('10.0.0.100'));
    }
  },
);

await t.test('a late kernel and a dead process: the VIP is gone by the deadline', async (t) => {
  for (let beforeMs = 0; beforeMs < 1000; beforeMs += 37) {
    const { rig, deadline } = await leadingRig();
    rig.kernel.lateMs = 1000;
    await rig.clock.advance(beforeMs);
    rig.controller.onProved(rig.proof(HOLD_FOR_MS - beforeMs));
    await settle();
    // The process is dead from here on: only the kernel's timers fire.
    await rig.controller.abandon();
    await rig.clock.advanceTo(after(deadline, -1));
    t.notOk(rig.kernel.has('10.0.0.100'), `proved with ${HOLD_FOR_MS - beforeMs} ms left`);
  }
});

await t.test('a process that was stopped looks at the clock before anything else', async (t) => {
  const { rig } = await leadingRig();
  rig.clock.jump(10_000);
  rig.controller.check();
  t.equal(rig.controller.fence.deadline, undefined);
  t.strictSame(rig.took().slice(0, 2), ['silence', 'withdraw 10.0.0.100'], 'in the same turn');
  await settle();
  t.strictSame(rig.transitions().at(-2), 'leading → withdrawing: fence-expired');
});

await t.test('a look at the clock in time changes nothing', async (t) => {
  const { rig } = await leadingRig();
  rig.controller.check();
  await rig.clock.advance(1000);
  rig.controller.check();
  t.strictSame(rig.took(), []);
  t.equal(rig.state, 'leading');
});

await t.test('a machine that was suspended drops first and asks later', async (t) => {
  const { rig } = await leadingRig();
  rig.clock.suspend(1000);
  rig.controller.onSuspended(1000);
  await settle();
  t.strictSame(rig.took(), RELEASE);
  t.equal(rig.transitions().at(-2), 'leading → withdrawing: suspended');
  const follower = await startedRig();
  follower.controller.onSuspended(1000);
  t.strictSame(follower.transitions(), [], 'who holds nothing has nothing to drop');
});

await t.test('a withdrawal whose reply was lost keeps the token listed until a dump', async (t) => {
  const { rig } = await leadingRig();
  rig.kernel.trouble.set('withdraw', 'reply-lost');
  const stop = rig.controller.stop(never());
  await rig.clock.advance(999);
  t.notOk(rig.kernel.has('10.0.0.100'), 'it is off');
  t.strictSame(rig.took(), ['silence', 'withdraw 10.0.0.100'], 'but nobody says so');
  rig.kernel.trouble.clear();
  await rig.clock.advance(1 + 20);
  await stop;
  t.strictSame(rig.took(), ['withdraw 10.0.0.100', 'dump', 'withdrawn', 'release shutdown']);
  t.equal(rig.count('withdraw-failed'), 1);
});

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
  t.strictSame(rig.took(), ['silence', 'withdraw 10.0.0.100']);
  await rig.clock.advance(1);
  await stop;
  t.strictSame(rig.took(), ['dump', 'withdrawn', 'release shutdown']);
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
    rig.controller.onQueue([{ node: 'n1', leaseId: '1', revision: 7, foreign: false, mine: true }]);
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

await t.test(
  'what an earlier life left goes by its deadline unless it is proved again',
  async (t) => {
    const rig = new Rig({});
    rig.kernel.list = [...rig.kernel.list, ours('10.0.0.100')];
    await rig.listen();
    const remembered = rig.proof();
    rig.controller.start(remembered);
    await rig.clock.advanceTo(after(remembered.deadline, -21));
    t.strictSame(rig.took(), [], 'nothing is armed anew or announced');
    t.equal(rig.candidates.get('api'), true);
    await rig.clock.advanceTo(after(remembered.deadline, -OFF_BEFORE_MS));
    t.notOk(rig.kernel.has('10.0.0.100'));
    const log = rig.took();
    t.equal(log[0], 'silence');
    t.equal(log.at(-1), 'withdrawn', 'the token is listed no more');
    t.equal(rig.state, 'following');
  },
);

await t.test('what an earlier life left is resumed: armed again and announced', async (t) => {
  const rig = new Rig({});
  rig.kernel.list = [...rig.kernel.list, ours('10.0.0.100')];
  await rig.listen();
  rig.controller.start(rig.proof());
  await rig.clock.advance(300);
  rig.controller.onTaken(rig.proof(), true);
  await settle();
  t.strictSame(rig.took(), ['assign 10.0.0.100 for 2', 'announce 10.0.0.100']);
  t.strictSame(rig.transitions(), [
    'following → assigning: lease-resumed',
    'assigning → leading: lease-resumed',
  ]);
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
  await settle();
  t.equal(rig.candidates.get('api'), true);
});

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
