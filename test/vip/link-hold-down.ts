// A carrier that comes and goes, by simulated time.
import t from 'tap';
import { LinkHoldDown } from '../../src/vip/link-hold-down.ts';
import { foreign, link } from '../fixtures/fake-kernel.ts';
import { END0, leadingRig, VIP } from '../fixtures/group-rig.ts';
import { VirtualClock, settle } from '../fixtures/virtual-clock.ts';

const DARK = { ...END0, carrier: false };

/** The carrier is away, and the group goes for it. */
function lose(holdDown: LinkHoldDown): void {
  holdDown.see([DARK]);
  holdDown.lost(DARK);
}

/** Waits until the hold-down is over. @returns how long it took, in milliseconds */
async function over(clock: VirtualClock, holdDown: LinkHoldDown): Promise<number> {
  const from = clock.now();
  while (holdDown.see([END0])[0]?.carrier !== true) await clock.advance(100);
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
    t.strictSame(holdDown.see([END0]), [END0], 'at the start nothing was lost');
    const took: number[] = [];
    for (let loss = 0; loss < 6; loss += 1) {
      lose(holdDown);
      lose(holdDown);
      took.push(await over(clock, holdDown));
    }
    t.strictSame(took, [1000, 2000, 4000, 8000, 16_000, 16_000], 'told twice it is one loss');
    t.equal(looks, 6, 'told when it is over');
    await clock.advance(60_000);
    lose(holdDown);
    t.equal(await over(clock, holdDown), 1000, 'a new story');
  },
);

await t.test('a return that does not last is another loss', async (t) => {
  const clock = new VirtualClock();
  const holdDown = new LinkHoldDown(clock, () => undefined);
  lose(holdDown);
  holdDown.see([END0]);
  await clock.advance(900);
  holdDown.see([DARK]);
  await clock.advance(5000);
  t.equal(await over(clock, holdDown), 2000);
});

await t.test('another link is another story; one that is gone is forgotten', async (t) => {
  const clock = new VirtualClock();
  const holdDown = new LinkHoldDown(clock, () => undefined);
  const end1 = link(3, 'end1');
  lose(holdDown);
  t.strictSame(holdDown.see([END0, end1]), [DARK, end1]);
  holdDown.see([end1]);
  t.strictSame(holdDown.see([END0, end1]), [END0, end1]);
});

await t.test('after a stop no timer runs, whatever is looked at', async (t) => {
  const clock = new VirtualClock();
  let looks = 0;
  const holdDown = new LinkHoldDown(clock, () => {
    looks += 1;
  });
  lose(holdDown);
  holdDown.see([END0]);
  holdDown.stop();
  t.strictSame(holdDown.see([END0]), [END0]);
  lose(holdDown);
  holdDown.see([END0]);
  await clock.advance(60_000);
  t.equal(looks, 0);
});

await t.test('with auto it goes on the link that was not lost', async (t) => {
  const { rig } = await leadingRig({ groups: [{ name: 'api', vips: [VIP], links: 'auto' }] });
  rig.kernel.setLink(link(3, 'end1'));
  rig.kernel.add(foreign(3, '10.0.0.2', 24));
  rig.kernel.setLink(DARK);
  await settle();
  rig.kernel.setLink(END0);
  await settle();
  t.equal(rig.candidates.get('api'), true);
  t.equal(rig.controller.status.assignment.link?.name, 'end1');
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
