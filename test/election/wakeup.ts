import t from 'tap';
import { Wakeup } from '../../src/election/wakeup.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

const NEVER = new AbortController().signal;

await t.test('a wait ends by its time and says that nobody rang', async (t) => {
  const clock = new VirtualClock();
  const wait = new Wakeup().wait(clock, 100, NEVER);
  clock.pass(99);
  t.equal(clock.pending, 1);
  clock.pass(1);
  t.equal(await wait, false);
  t.equal(clock.pending, 0);
});

await t.test('a ring during the wait ends it at once and takes the timer along', async (t) => {
  const clock = new VirtualClock();
  const wakeup = new Wakeup();
  const wait = wakeup.wait(clock, 100, NEVER);
  wakeup.ring();
  t.equal(await wait, true);
  t.equal(clock.pending, 0);
  const next = wakeup.wait(clock, 100, NEVER);
  clock.pass(100);
  t.equal(await next, false, 'a ring serves one wait');
});

await t.test('a ring before the wait is not lost, and several are one', async (t) => {
  const clock = new VirtualClock();
  const wakeup = new Wakeup();
  wakeup.ring();
  wakeup.ring();
  t.equal(await wakeup.wait(clock, 100, NEVER), true);
  const next = wakeup.wait(clock, 100, NEVER);
  clock.pass(100);
  t.equal(await next, false);
});

await t.test(
  'an abort before or during the wait throws its reason and leaves nothing',
  async (t) => {
    const clock = new VirtualClock();
    const aborter = new AbortController();
    const wakeup = new Wakeup();
    const wait = wakeup.wait(clock, 100, aborter.signal);
    aborter.abort(new Error('enough'));
    await t.rejects(wait, { message: 'enough' });
    await t.rejects(wakeup.wait(clock, 100, aborter.signal), { message: 'enough' });
    t.equal(clock.pending, 0);
  },
);
