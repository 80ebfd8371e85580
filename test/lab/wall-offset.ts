import t from 'tap';
import { systemClock } from '../../src/clock.ts';
import type { Clock, Instant } from '../../src/clock.ts';
import { WallOffset } from '../../src/lab/wall-offset.ts';

/** A clock that moves by one microsecond at each look; its wall clock shows whole milliseconds. */
function steppingClock(wallAheadMs: number): Clock & { ahead: number } {
  let now = 5_000.123;
  return {
    ...systemClock,
    ahead: wallAheadMs,
    now() {
      now += 0.001;
      return now as Instant;
    },
    wallMs() {
      now += 0.001;
      return Math.floor(now + this.ahead);
    },
  };
}

await t.test(
  'the offset is good to microseconds though the wall clock shows milliseconds',
  async (t) => {
    const clock = steppingClock(1_700_000_000_000.5);
    const offset = new WallOffset(clock);
    t.ok(Math.abs(offset.toBoottimeMs(1_700_000_005_000.5) - 5_000) < 0.01);
  },
);

await t.test('a step of the wall clock is seen after a while', async (t) => {
  const clock = steppingClock(1_000_000);
  const offset = new WallOffset(clock);
  clock.ahead = 2_000_000;
  offset.refreshIfOld();
  t.ok(Math.abs(offset.toBoottimeMs(1_005_000) - 5_000) < 0.01, 'not looked at again at once');
  offset.refresh();
  t.ok(Math.abs(offset.toBoottimeMs(2_005_000) - 5_000) < 0.01);
});
