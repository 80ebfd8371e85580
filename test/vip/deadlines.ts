import t from 'tap';
import { after, elapsedMs } from '../../src/clock.ts';
import { Deadlines } from '../../src/vip/deadlines.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

function setUp() {
  const clock = new VirtualClock();
  const start = clock.now();
  const fired: string[] = [];
  const call = (name: string) => (): void => {
    fired.push(`${name} at ${elapsedMs(start, clock.now())}`);
  };
  return { clock, start, fired, call, deadlines: new Deadlines(clock) };
}

await t.test('it expires ahead of the deadline, and not a fraction too soon', async (t) => {
  const { clock, start, fired, call, deadlines } = setUp();
  deadlines.set(after(start, 1000.4), 20, call('expire'));
  await clock.advance(2000);
  t.strictSame(fired, ['expire at 982'], 'within 2 ms of 980.4, and not before it');
});

await t.test('a deadline in the past expires at once', async (t) => {
  const { clock, start, fired, call, deadlines } = setUp();
  deadlines.set(after(start, -500), 20, call('expire'));
  await clock.advance(1);
  t.strictSame(fired, ['expire at 1']);
});

await t.test('a new deadline replaces the one before', async (t) => {
  const { clock, start, fired, call, deadlines } = setUp();
  deadlines.set(after(start, 1000), 20, call('first'));
  deadlines.set(after(start, 3000), 20, call('second'));
  await clock.advance(5000);
  t.strictSame(fired, ['second at 2981']);
});

await t.test('arming again has a timer of its own, replaced alike', async (t) => {
  const { clock, start, fired, call, deadlines } = setUp();
  deadlines.set(after(start, 4000), 20, call('expire'));
  deadlines.setRearm(after(start, 1000), call('first'));
  deadlines.setRearm(after(start, 1900), call('second'));
  await clock.advance(5000);
  t.strictSame(fired, ['second at 1900', 'expire at 3981']);
});

await t.test('cleared, neither fires and no timer is left; clearing twice is well', async (t) => {
  const { clock, start, fired, call, deadlines } = setUp();
  deadlines.set(after(start, 1000), 20, call('expire'));
  deadlines.setRearm(after(start, 500), call('rearm'));
  deadlines.clear();
  deadlines.clear();
  t.equal(clock.pending, 0);
  await clock.advance(5000);
  t.strictSame(fired, []);
});
