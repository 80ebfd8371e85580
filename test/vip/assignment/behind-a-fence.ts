// The order of what is asked of a millisecond fence and of the link.
import t from 'tap';
import { after } from '../../../src/clock.ts';
import type { ElectorEvent } from '../../../src/events.ts';
import { Fence } from '../../../src/fencing/fence.ts';
import { NftablesGuard } from '../../../src/fencing/nftables-guard.ts';
import type { Vip } from '../../../src/network/types.ts';
import { Assignment } from '../../../src/vip/assignment.ts';
import { END0, Rig, VIP } from '../../fixtures/group-rig.ts';
import { settle } from '../../fixtures/virtual-clock.ts';

/** An assignment whose fence and kernel write down what they do, when they have done it. */
async function setUp() {
  const rig = new Rig({});
  await rig.listen();
  const { kernel, monitor, clock, journal, events } = rig;
  const emit = (event: ElectorEvent): void => void events.push(event);
  const log: string[] = [];
  const note = async (what: string): Promise<void> => void log.push(what);
  const gate = {
    open: () => note('open'),
    shut: () => note('shut'),
    forget: () => note('forget'),
    managed: () => Promise.resolve([]),
    forgetAllBut: () => note('settle'),
  };
  const network = {
    assign: async (index: number, vip: Vip, seconds: number): Promise<void> => {
      await kernel.assign(index, vip, seconds);
      log.push('assign');
    },
    withdraw: async (index: number, vip: Vip): Promise<void> => {
      await kernel.withdraw(index, vip);
      log.push('withdraw');
    },
  };
  const guard = new NftablesGuard({ gate, network, clock, emit });
  const group = { name: 'api', vips: [VIP], links: ['end0'] };
  const assignment = new Assignment(
    { network: kernel, monitor, guard, journal, clock, emit },
    group,
  );
  const fence = new Fence();
  fence.arm({ token: { key: 'k', createRevision: 1 }, deadline: after(clock.now(), 3000) });
  return { rig, assignment, fence, log };
}

await t.test(
  'opened before the address is there, shut before it is gone, then forgotten',
  async (t) => {
    const { rig, assignment, fence, log } = await setUp();
    t.strictSame(await assignment.hold(END0, fence), [VIP]);
    t.strictSame(log.splice(0), ['open', 'assign']);
    rig.kernel.answerMs.withdraw = 10;
    const ending = assignment.end(new AbortController().signal);
    await settle();
    t.strictSame(log, ['shut'], 'while the kernel still thinks about the withdrawal');
    await rig.clock.advance(100);
    await ending;
    t.strictSame(log, ['shut', 'withdraw', 'forget']);
  },
);
