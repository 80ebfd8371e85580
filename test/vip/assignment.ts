// The VIPs of a group on a link: with a simulated kernel for order and failure, and against this
// machine's kernel in a namespace.
import t from 'tap';
import { after, systemClock } from '../../src/clock.ts';
import type { ElectorEvent } from '../../src/events.ts';
import { Fence } from '../../src/fencing/fence.ts';
import { LifetimeGuard } from '../../src/fencing/lifetime-guard.ts';
import { NetworkMonitor } from '../../src/network/monitor.ts';
import { openNetwork } from '../../src/network/rtnetlink.ts';
import { Assignment } from '../../src/vip/assignment.ts';
import type { AssignedAddress, VipGroup } from '../../src/vip/types.ts';
import { foreign } from '../fixtures/fake-kernel.ts';
import { END0, Rig, VIP, VIP2 } from '../fixtures/group-rig.ts';
import { cable, inNamespace, indexOf, ip } from '../fixtures/namespace.ts';
import { settle } from '../fixtures/virtual-clock.ts';

const GROUP: VipGroup = { name: 'api', vips: [VIP, VIP2], links: ['end0'] };
const TOKEN = { key: 'k', createRevision: 1 };
const never = (): AbortSignal => new AbortController().signal;

async function setUp() {
  const rig = new Rig({});
  await rig.listen();
  const { kernel, monitor, clock, journal, events } = rig;
  const emit = (event: ElectorEvent): void => void events.push(event);
  const guard = new LifetimeGuard(kernel, clock);
  const assignment = new Assignment(
    { network: kernel, monitor, guard, journal, clock, emit },
    GROUP,
  );
  const fence = new Fence();
  const open = (ms: number): void => fence.arm({ token: TOKEN, deadline: after(clock.now(), ms) });
  return { rig, assignment, fence, open };
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('every VIP is put on the link, and said to be held when acknowledged', async (t) => {
    const { rig, assignment, fence, open } = await setUp();
    open(4000);
    t.equal(assignment.complete, false);
    t.strictSame(await assignment.hold(END0, fence), [VIP, VIP2]);
    t.equal(assignment.complete, true);
    t.strictSame(rig.took(), ['assign 10.0.0.100 for 2', 'assign 10.0.0.101 for 2']);
    t.equal(assignment.link, END0);
    t.strictSame(rig.events, [
      { type: 'vip-held', group: 'api', vip: '10.0.0.100', link: 'end0', held: true },
      { type: 'vip-held', group: 'api', vip: '10.0.0.101', link: 'end0', held: true },
    ]);
    t.strictSame(await assignment.hold(END0, fence), [], 'armed anew, none of them is new');
    t.equal(rig.events.length, 2);
  });

  await t.test('a closed fence lets nothing on the link', async (t) => {
    const { rig, assignment, fence, open } = await setUp();
    t.equal(await assignment.hold(END0, fence), undefined);
    open(4000);
    rig.clock.jump(4000);
    t.equal(await assignment.hold(END0, fence), undefined);
    open(2019);
    t.equal(await assignment.hold(END0, fence), undefined, 'too little is left for a lifetime');
    t.strictSame(rig.took(), []);
    t.equal(assignment.complete, false);
  });

  await t.test('the fence is asked before each VIP', async (t) => {
    const { rig, assignment, fence, open } = await setUp();
    rig.kernel.answerMs.assign = 10;
    open(4000);
    const holding = assignment.hold(END0, fence);
    await settle();
    fence.close();
    await rig.clock.advance(100);
    t.equal(await holding, undefined);
    t.strictSame(rig.took(), ['assign 10.0.0.100 for 2']);
  });

  await t.test('the fence is asked whatever the guard would allow', async (t) => {
    const { rig, fence, open } = await setUp();
    const { kernel, monitor, clock, journal } = rig;
    const emit = (event: ElectorEvent): void => void rig.events.push(event);
    const guard = new LifetimeGuard(kernel, clock);
    const asked: string[] = [];
    guard.hold = async (_link, { address }): Promise<boolean> => {
      asked.push(address);
      clock.jump(3000);
      return true;
    };
    const parts = { network: kernel, monitor, guard, journal, clock, emit };
    const assignment = new Assignment(parts, GROUP);
    open(3000);
    t.equal(await assignment.hold(END0, fence), undefined, 'the deadline passed between the two');
    t.strictSame(asked, ['10.0.0.100']);
    t.equal(await assignment.hold(END0, fence), undefined);
    t.equal(asked.length, 1);
  });

  await t.test('what begins after a withdrawal began does not go on', async (t) => {
    const { rig, assignment, fence, open } = await setUp();
    rig.kernel.answerMs.assign = 10;
    open(4000);
    const holding = assignment.hold(END0, fence);
    await settle();
    const ending = assignment.end(never());
    await rig.clock.advance(100);
    t.equal(await holding, undefined);
    await ending;
    t.strictSame(rig.took(), [
      'assign 10.0.0.100 for 2',
      'withdraw 10.0.0.100',
      'withdraw 10.0.0.101',
      'dump',
    ]);
    t.equal(assignment.isHeld(VIP), false);
    t.strictSame(
      rig.kernel.list.filter(({ ours }) => ours),
      [],
    );
  });

  await t.test('the end is said when a dump shows it, and then the journal is empty', async (t) => {
    const { rig, assignment, fence, open } = await setUp();
    const others = { link: 'end1', address: '10.0.0.7', prefixLength: 32 };
    rig.journal.addresses = [others];
    open(4000);
    await assignment.hold(END0, fence);
    t.equal(rig.journal.addresses.length, 3);
    rig.kernel.answerMs.dump = 10;
    let ended = false;
    const ending = assignment.end(never()).then(() => (ended = true));
    await settle();
    t.equal(ended, false, 'acknowledged is not enough');
    t.equal(rig.journal.addresses.length, 3);
    await rig.clock.advance(10);
    t.equal(await ending, true);
    t.strictSame(rig.journal.addresses, [others], 'other groups’ entries stay');
    t.strictSame(rig.events.slice(-2), [
      { type: 'vip-held', group: 'api', vip: '10.0.0.100', link: 'end0', held: false },
      { type: 'vip-held', group: 'api', vip: '10.0.0.101', link: 'end0', held: false },
    ]);
  });

  await t.test('a withdrawal that fails goes on until the signal', async (t) => {
    const { rig, assignment, fence, open } = await setUp();
    open(4000);
    await assignment.hold(END0, fence);
    rig.kernel.trouble.set('withdraw', 'refused');
    const stop = new AbortController();
    const ending = t.rejects(assignment.end(stop.signal), { message: 'enough' });
    await rig.clock.advance(3000);
    stop.abort(new Error('enough'));
    await ending;
    const failures = rig.events.filter(({ type }) => type === 'withdraw-failed');
    t.match(failures, [
      { group: 'api', vip: '10.0.0.100,10.0.0.101', link: 'end0', err: { code: 'EPERM' } },
    ]);
    t.equal(assignment.complete, true, 'nobody said that they are off');
  });

  await t.test('the kernel’s word that one is gone counts for our link alone', async (t) => {
    const { rig, assignment, fence, open } = await setUp();
    open(4000);
    await assignment.hold(END0, fence);
    const gone = { ...foreign(2, '10.0.0.100', 32), ours: true };
    t.equal(assignment.removed({ ...gone, linkIndex: 3 }), undefined);
    t.equal(assignment.removed({ ...gone, address: '10.0.0.5' }), undefined);
    t.equal(assignment.complete, true);
    t.strictSame(assignment.removed(gone), VIP);
    t.equal(assignment.isHeld(VIP), false);
    t.equal(assignment.removed(gone), undefined, 'once');
    t.match(rig.events.at(-1), { type: 'vip-held', vip: '10.0.0.100', held: false });
  });

  await t.test('an address of others is neither touched nor waited for', async (t) => {
    const { rig, assignment, fence, open } = await setUp();
    open(4000);
    await assignment.hold(END0, fence);
    rig.kernel.list = [...rig.kernel.list, foreign(2, '10.0.0.100', 24)];
    await assignment.end(never());
    t.strictSame(
      rig.kernel.list.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
      ['10.0.0.1/24', '10.0.0.100/24'],
    );
  });

  await t.test('a journal that cannot be written lets nothing on the link', async (t) => {
    const { rig, assignment, fence, open } = await setUp();
    rig.journal.setAddresses = () => {
      throw new Error('ENOSPC');
    };
    open(4000);
    await t.rejects(assignment.hold(END0, fence), { message: 'ENOSPC' });
    t.strictSame(rig.took(), []);
  });

  await t.test('the real kernel: on the link, mortal, and off by its own word', async (t) => {
    const unplug = cable('end0', 'far');
    ip('addr', 'add', '10.0.0.1/24', 'dev', 'end0');
    using network = await openNetwork();
    const events: ElectorEvent[] = [];
    const emit = (event: ElectorEvent): void => void events.push(event);
    const clock = systemClock;
    const journal = {
      addresses: [] as readonly AssignedAddress[],
      setAddresses: (addresses: readonly AssignedAddress[]): void => {
        journal.addresses = addresses;
      },
    };
    const monitor = new NetworkMonitor({ network, clock, emit, isRecorded: () => false });
    await monitor.start();
    const guard = new LifetimeGuard(network, clock);
    const parts = { network, monitor, guard, journal, clock, emit };
    const assignment = new Assignment(parts, GROUP);
    const end0 = monitor.links.find(({ name }) => name === 'end0');
    if (end0 === undefined) throw new Error('the cable is not listed');
    const fence = new Fence();
    fence.arm({ token: TOKEN, deadline: after(clock.now(), 60_500) });
    t.strictSame(await assignment.hold(end0, fence), [VIP, VIP2]);
    const ours = (await network.addresses()).filter((each) => each.ours);
    t.match(
      ours.map(({ linkIndex, address }) => [linkIndex, address]),
      [
        [indexOf('end0'), '10.0.0.100'],
        [indexOf('end0'), '10.0.0.101'],
      ],
    );
    for (const { validSeconds } of ours) t.ok(validSeconds <= 59 && validSeconds > 50);
    // Left on another link by somebody, with our mark: the end takes it as well.
    await network.assign(1, VIP, 60);
    await assignment.end(never());
    t.strictSame(
      (await network.addresses()).filter((each) => each.ours),
      [],
    );
    t.match(ip('-4', 'addr', 'show', 'dev', 'end0'), /10\.0\.0\.1\/24/);
    await assignment.end(never());
    monitor.stop();
    unplug();
  });
});
