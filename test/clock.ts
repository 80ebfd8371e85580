import { readFileSync } from 'node:fs';
import t from 'tap';
import { after, elapsedMs, systemClock, type Instant } from '../src/clock.ts';

/** proc(5): seconds since boot, suspended or not, to a hundredth. */
const uptimeMs = (): number => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;

/** The largest of several: a pause between the readings of the two clocks makes one too small. */
const suspendedMs = (): number =>
  Math.max(...Array.from({ length: 9 }, () => systemClock.suspendedMs()));

await t.test('instants are moved and compared in milliseconds', async (t) => {
  const at = 1000 as Instant;
  t.equal(after(at, 250), 1250);
  t.equal(after(at, -250), 750);
  t.equal(elapsedMs(at, after(at, 250)), 250);
  t.equal(elapsedMs(after(at, 250), at), -250);
});

await t.test('now is the time since boot, with a fraction, and never goes back', async (t) => {
  const before = uptimeMs();
  const now = systemClock.now();
  const later = uptimeMs();
  t.ok(now >= before - 10 && now <= later + 10, `${before} ≤ ${now} ≤ ${later}`);
  let last = now;
  let fraction = false;
  for (let n = 0; n < 1000; n += 1) {
    const next = systemClock.now();
    if (next < last) t.fail('it went back');
    fraction ||= next % 1 !== 0;
    last = next;
  }
  t.ok(fraction);
});

await t.test('what was suspended is constant on a machine that was not', async (t) => {
  const before = suspendedMs();
  await systemClock.sleep(20);
  t.ok(Math.abs(suspendedMs() - before) < 5);
});

await t.test('the wall clock is the epoch’s', async (t) => {
  const before = Date.now();
  const wall = systemClock.wallMs();
  t.ok(wall >= before && wall <= Date.now());
});

await t.test('a sleep lasts, and one of nothing or less resolves', async (t) => {
  const start = systemClock.now();
  await systemClock.sleep(20);
  // Node's timers may fire a fraction of a millisecond early.
  t.ok(elapsedMs(start, systemClock.now()) >= 19);
  await systemClock.sleep(0);
  await systemClock.sleep(-5);
});

await t.test('a sleep rejects with the reason of the signal, before and during', async (t) => {
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error('enough');
  const sleeping = systemClock.sleep(3_600_000, signal);
  controller.abort(reason);
  await t.rejects(sleeping, reason);
  await t.rejects(systemClock.sleep(3_600_000, signal), reason);
});

await t.test('a timer fires once, and not when it was cancelled', async (t) => {
  const fired: string[] = [];
  const cancel = systemClock.timer(1, () => fired.push('cancelled'));
  await new Promise<void>((resolve) => {
    systemClock.timer(5, () => {
      fired.push('fired');
      resolve();
    });
    cancel();
  });
  await systemClock.sleep(20);
  t.strictSame(fired, ['fired']);
  cancel();
});

await t.test('a wait beyond what setTimeout takes does not end at once', async (t) => {
  const controller = new AbortController();
  let over = false;
  const cancel = systemClock.timer(Infinity, () => (over = true));
  const sleeping = systemClock.sleep(2 ** 40, controller.signal).then(
    () => (over = true),
    () => undefined,
  );
  await systemClock.sleep(20);
  t.equal(over, false);
  cancel();
  controller.abort(new Error('enough'));
  await sleeping;
});
