// When frames go out, on a clock that the test moves.
import t from 'tap';
import { announcerBench, entry } from '../../fixtures/announcer-bench.ts';

await t.test('both forms go out at once, then by the burst, then every period', async (t) => {
  const { announcer, clock, frames } = announcerBench();
  announcer.start('g', [entry('10.0.0.100')]);
  t.strictSame(frames, ['0 request 10.0.0.100', '0 reply 10.0.0.100'], 'before start returns');
  clock.pass(10_549);
  const times = [0, 50, 150, 350, 750, 1550, 4550, 7550];
  t.strictSame(
    frames,
    times.flatMap((ms) => [`${ms} request 10.0.0.100`, `${ms} reply 10.0.0.100`]),
  );
  announcer.stop('g');
});

await t.test('every VIP of every group is announced, groups by themselves', async (t) => {
  const { announcer, clock, frames } = announcerBench({ burstMs: [0], everyMs: 1000 });
  announcer.start('one', [entry('10.0.0.1'), entry('10.0.0.2')]);
  clock.pass(500);
  announcer.start('two', [entry('10.0.0.3')]);
  announcer.stop('one');
  clock.pass(1000);
  t.strictSame(frames, [
    '0 request 10.0.0.1',
    '0 reply 10.0.0.1',
    '0 request 10.0.0.2',
    '0 reply 10.0.0.2',
    '500 request 10.0.0.3',
    '500 reply 10.0.0.3',
    '1500 request 10.0.0.3',
    '1500 reply 10.0.0.3',
  ]);
  announcer.stopAll();
  announcer.stopAll();
  t.equal(clock.pending, 0);
});

await t.test('after stop not one frame, and no timer', async (t) => {
  const { announcer, clock, frames } = announcerBench();
  announcer.start('g', [entry('10.0.0.100')]);
  clock.pass(60);
  announcer.stop('g');
  announcer.stop('g');
  announcer.stop('never started');
  const sent = frames.length;
  t.equal(clock.pending, 0);
  clock.pass(60_000);
  t.equal(frames.length, sent);
});

await t.test('starting again starts the burst again, and only once', async (t) => {
  const { announcer, clock, frames } = announcerBench({ burstMs: [0, 50, 150] });
  announcer.start('g', [entry('10.0.0.1')]);
  clock.pass(1000);
  frames.length = 0;
  announcer.start('g', [entry('10.0.0.9')]);
  clock.pass(150);
  t.strictSame(
    frames,
    [1000, 1050, 1150].flatMap((ms) => [`${ms} request 10.0.0.9`, `${ms} reply 10.0.0.9`]),
  );
  t.equal(clock.pending, 1);
  announcer.stop('g');
});

await t.test('what a stalled process missed is not made up', async (t) => {
  const { announcer, clock, frames } = announcerBench();
  announcer.start('g', [entry('10.0.0.1')]);
  clock.jump(400);
  clock.pass(0);
  t.strictSame(frames.slice(2), ['400 request 10.0.0.1', '400 reply 10.0.0.1']);
  clock.pass(349);
  t.equal(frames.length, 4);
  clock.pass(1);
  t.equal(frames.length, 6, 'and the burst goes on at 750');
  clock.jump(100_000);
  clock.pass(0);
  t.equal(frames.length, 8);
  clock.pass(3000);
  t.equal(frames.length, 10);
  announcer.stop('g');
});

await t.test('a timer that fires early does not send a round twice', async (t) => {
  const { announcer, clock, frames } = announcerBench({ burstMs: [0, 50], everyMs: 1000 });
  const timer = clock.timer.bind(clock);
  // Node's timers may come a fraction of a millisecond before their time.
  clock.timer = (ms, callback) => timer(ms - 0.5, callback);
  announcer.start('g', [entry('10.0.0.1')]);
  clock.pass(1100);
  t.strictSame(
    frames,
    [0, 49.5, 1049.5].flatMap((ms) => [`${ms} request 10.0.0.1`, `${ms} reply 10.0.0.1`]),
  );
  announcer.stop('g');
});
