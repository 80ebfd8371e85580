// A carrier that comes and goes, by simulated time.
import t from 'tap';
import { LinkHoldDown } from '../../src/vip/link-hold-down.ts';
import type { Fault } from '../../src/vip/machine.ts';
import { END0, leadingRig } from '../fixtures/group-rig.ts';
import { VirtualClock, settle } from '../fixtures/virtual-clock.ts';

const DOWN: Fault = { reason: 'link-down', detail: 'link end0 has no carrier' };

/** Waits until the hold-down is over. @returns how long it took */
async function over(clock: VirtualClock, holdDown: LinkHoldDown): Promise<number> {
  const from = clock.now();
  while (holdDown.judge(undefined) !== undefined) await clock.advance(100);
  return Math.round(clock.now() - from);
}

await t.test(
  'a loss counts at once, a return after a second, and longer the more there are',
  async (t) => {
    const clock = new VirtualClock();
    let looks = 0;
    const holdDown = new LinkHoldDown(clock, () => {
      looks += 1;
    });
    t.equal(holdDown.judge(undefined), undefined, 'at the start nothing was lost');
    const took: number[] = [];
    for (let loss = 0; loss < 6; loss += 1) {
      t.equal(holdDown.judge(DOWN), DOWN);
      t.equal(holdDown.judge(DOWN), DOWN, 'told twice it is one loss');
      took.push(await over(clock, holdDown));
    }
    t.strictSame(took, [1000, 2000, 4000, 8000, 16_000, 16_000]);
    t.equal(looks, 6, 'told when it is over');
    await clock.advance(60_000);
    holdDown.judge(DOWN);
    t.equal(await over(clock, holdDown), 1000, 'a new story');
  },
);

await t.test('after a stop no timer runs, whatever is looked at', async (t) => {
  const clock = new VirtualClock();
  let looks = 0;
  const holdDown = new LinkHoldDown(clock, () => {
    looks += 1;
  });
  holdDown.judge(DOWN);
  holdDown.judge(undefined);
  holdDown.stop();
  t.equal(holdDown.judge(undefined), undefined);
  t.equal(holdDown.judge(DOWN), DOWN);
  holdDown.judge(undefined);
  await clock.advance(60_000);
  t.equal(looks, 0);
});

await t.test('a fault of another kind passes', async (t) => {
  const holdDown = new LinkHoldDown(new VirtualClock(), () => undefined);
  const missing: Fault = { reason: 'link-missing', detail: '' };
  t.equal(holdDown.judge(missing), missing);
  t.equal(holdDown.judge(undefined), undefined);
});

await t.test(
  'a link that flaps at 5 Hz for a minute moves the group away once, and back once',
  async (t) => {
    const { rig } = await leadingRig();
    for (let flap = 0; flap < 300; flap += 1) {
      rig.kernel.setLink({ ...END0, carrier: false });
      await rig.clock.advance(100);
      rig.kernel.setLink(END0);
      await rig.clock.advance(100);
    }
    await settle();
    t.strictSame(rig.transitions().slice(2), [
      'leading → withdrawing: link-down',
      'withdrawing → faulted: link-down',
    ]);
    t.equal(rig.candidates.get('api'), false);
    await rig.clock.advance(16_000);
    t.equal(rig.candidates.get('api'), true);
    t.equal(rig.state, 'following');
  },
);
