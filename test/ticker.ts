import t from 'tap';
import { tick } from '../src/ticker.ts';
import { VirtualClock } from './fixtures/virtual-clock.ts';

function start() {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const stop = new AbortController();
  const handlers = {
    onTick: (lagMs: number): void => void seen.push(`late ${lagMs}`),
    onSuspended: (ms: number): void => void seen.push(`suspended ${ms}`),
  };
  const ticking = tick(clock, handlers, stop.signal);
  return { clock, seen, stop, ticking };
}

await t.test('it ticks every 100 ms', async (t) => {
  const { clock, seen, stop, ticking } = start();
  await clock.advance(1000);
  t.strictSame(
    seen,
    Array.from({ length: 10 }, () => 'late 0'),
  );
  stop.abort(new Error('over'));
  await ticking;
  t.equal(clock.pending, 0, 'and ends with the signal, without a timer');
});

await t.test('a blocked event loop is noticed, and what it missed is not made up', async (t) => {
  const { clock, seen, stop, ticking } = start();
  await clock.advance(50);
  clock.jump(730);
  await clock.advance(0);
  t.strictSame(seen, ['late 680']);
  await clock.advance(100);
  t.strictSame(seen, ['late 680', 'late 0']);
  stop.abort(new Error('over'));
  await ticking;
});

await t.test('a suspend is told before the tick, once', async (t) => {
  const { clock, seen, stop, ticking } = start();
  await clock.advance(100);
  clock.suspend(3000);
  await clock.advance(100);
  t.strictSame(seen, ['late 0', 'suspended 3000', 'late 3000']);
  await clock.advance(100);
  t.equal(seen.length, 4);
  t.equal(seen[3], 'late 0');
  stop.abort(new Error('over'));
  await ticking;
});

await t.test('noise of the clocks is no suspend; more is', async (t) => {
  const { clock, seen, stop, ticking } = start();
  clock.suspend(50);
  await clock.advance(100);
  t.notOk(seen.some((each) => each.startsWith('suspended')));
  clock.suspend(51);
  await clock.advance(100);
  t.ok(seen.includes('suspended 51'), 'compared with the tick before, not with the start');
  stop.abort(new Error('over'));
  await ticking;
});

await t.test('a pause between the readings of the two clocks is no suspend', async (t) => {
  const { clock, seen, stop, ticking } = start();
  await clock.advance(100);
  // BOOTTIME was read, then the process was off the CPU, then MONOTONIC was read.
  const exact = clock.suspendedMs.bind(clock);
  clock.suspendedMs = () => exact() - 400;
  await clock.advance(100);
  clock.suspendedMs = exact;
  await clock.advance(100);
  t.strictSame(seen, ['late 0', 'late 0', 'late 0']);
  clock.suspend(3000);
  await clock.advance(100);
  t.ok(seen.includes('suspended 3000'));
  stop.abort(new Error('over'));
  await ticking;
});

await t.test('aborted from the start, it does nothing', async (t) => {
  const clock = new VirtualClock();
  const unused = (): void => {
    t.fail('called');
  };
  const handlers = { onTick: unused, onSuspended: unused };
  await tick(clock, handlers, AbortSignal.abort(new Error('over')));
  t.equal(clock.pending, 0);
});

await t.test('what a handler throws ends it', async (t) => {
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  const stop = AbortSignal.abort(new Error('a defect'));
  const onTick = (): void => stop.throwIfAborted();
  const ticking = tick(clock, { onTick, onSuspended: () => undefined }, signal);
  const ended = t.rejects(ticking, { message: 'a defect' });
  await clock.advance(100);
  await ended;
  t.equal(clock.pending, 0);
});

await t.test('a handler that ends it is called no more', async (t) => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  let ticks = 0;
  const onTick = (): void => {
    ticks += 1;
    stop.abort(new Error('over'));
  };
  const ticking = tick(clock, { onTick, onSuspended: () => undefined }, stop.signal);
  await clock.advance(300);
  await ticking;
  t.equal(ticks, 1);
  t.equal(clock.pending, 0);
});
