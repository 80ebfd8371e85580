// Each frame: whether it may go, what it tells, and that it could not go.
import t from 'tap';
import { announcerBench, entry, six } from '../../fixtures/announcer-bench.ts';

await t.test('stopped from within an event, the very next frame is not sent', async (t) => {
  const { announcer, frames, state, clock } = announcerBench();
  state.onEvent = () => announcer.stop('g');
  announcer.start('g', [entry('10.0.0.1'), entry('10.0.0.2')]);
  t.strictSame(frames, ['0 request 10.0.0.1']);
  t.equal(clock.pending, 0);
});

await t.test('a closed fence sends nothing; it is asked before every frame', async (t) => {
  const { announcer, clock, frames, state } = announcerBench({ burstMs: [0, 50, 150] });
  state.allowed = () => false;
  announcer.start('g', [entry('10.0.0.1'), entry('10.0.0.2')]);
  t.strictSame([frames, state.asked], [[], ['g']]);
  state.allowed = () => true;
  clock.pass(50);
  t.equal(frames.length, 4, 'open again: the schedule had gone on');
  t.equal(state.asked.length, 5);
  // Closes between the two forms of the second VIP.
  state.asked.length = 0;
  state.allowed = () => state.asked.length < 4;
  clock.pass(100);
  t.strictSame(frames.slice(4), [
    '150 request 10.0.0.1',
    '150 reply 10.0.0.1',
    '150 request 10.0.0.2',
  ]);
  announcer.stop('g');
});

await t.test('a failure is told once until it changes or ends; the schedule goes on', async (t) => {
  const { announcer, clock, frames, state, failures } = announcerBench();
  state.failure = new Error('sendto: ENETDOWN');
  announcer.start('g', [entry('10.0.0.1')]);
  clock.pass(1000);
  t.strictSame(failures(), [
    { type: 'announce-failed', vip: '10.0.0.1', link: 'end0', err: state.failure },
  ]);
  state.failure = new Error('sendto: ENXIO');
  clock.pass(10_000);
  t.equal(failures().length, 2, 'another failure');
  state.failure = undefined;
  clock.pass(3000);
  t.equal(frames.length, 2, 'sent again');
  state.failure = new Error('sendto: ENXIO');
  clock.pass(3000);
  t.equal(failures().length, 3, 'the same after a success');
  announcer.stop('g');
});

await t.test('a link without an Ethernet address is a failure, not a crash', async (t) => {
  const { announcer, failures, frames } = announcerBench();
  announcer.start('g', [{ ...entry('10.0.0.1'), mac: '' }, entry('10.0.0.2')]);
  t.equal(failures().length, 1);
  t.strictSame(frames, ['0 request 10.0.0.2', '0 reply 10.0.0.2']);
  announcer.stop('g');
});

await t.test('every frame sent is an event', async (t) => {
  const { announcer, events, frames } = announcerBench();
  announcer.start('g', [six('fd00::100'), entry('10.0.0.1')]);
  t.strictSame(events, [
    { type: 'announced', vip: '10.0.0.1', link: 'end0', kind: 'request' },
    { type: 'announced', vip: '10.0.0.1', link: 'end0', kind: 'reply' },
    { type: 'announced', vip: 'fd00::100', link: 'end0', kind: 'na' },
  ]);
  t.equal(frames.length, 3);
  announcer.stop('g');
});

await t.test(
  'a tentative source delays the burst of IPv6, loses nothing, and IPv4 goes on',
  async (t) => {
    const { announcer, clock, frames, state, failures } = announcerBench();
    state.neighbourFailure = Object.assign(new Error('sendto'), { code: 'EADDRNOTAVAIL' });
    announcer.start('g', [six('fd00::100'), entry('10.0.0.1')]);
    clock.pass(1220);
    t.equal(frames.filter((frame) => frame.includes('request')).length, 5, 'IPv4 by its schedule');
    t.equal(failures().length, 1, 'told once');
    state.neighbourFailure = undefined;
    clock.pass(5000);
    const times = [0, 50, 150, 350, 750, 1550, 4550].map((ms) => 1300 + ms);
    t.strictSame(
      frames.filter((frame) => frame.includes('na')),
      times.map((ms) => `${ms} na fd00::100`),
      'the whole burst, from the moment that there is a source',
    );
    announcer.stop('g');
    t.equal(clock.pending, 0);
  },
);

await t.test(
  '1000 VIPs: paced, each of them announced, and the fence asked before each',
  async (t) => {
    const { announcer, clock, frames, state } = announcerBench();
    const vips = Array.from({ length: 1000 }, (_, n) => `10.1.${n >> 8}.${n & 255}`);
    announcer.start(
      'g',
      vips.map((vip) => entry(vip)),
    );
    t.equal(frames.length, 64, 'the loop has its turn again');
    clock.pass(32);
    t.equal(frames.length, 2000);
    t.equal(new Set(frames.map((frame) => frame.split(' ').slice(1).join(' '))).size, 2000);
    t.equal(state.asked.length, 2000);
    clock.pass(1600);
    t.equal(frames.length, 6 * 2000, 'no round is left out');
    state.allowed = () => false;
    clock.pass(60_000);
    t.equal(frames.length, 6 * 2000);
    announcer.stop('g');
    t.equal(clock.pending, 0);
  },
);

await t.test('a full queue loses no frame; one that stays full is a failure', async (t) => {
  const { announcer, clock, frames, state, failures } = announcerBench();
  const full = Object.assign(new Error('sendto'), { code: 'ENOBUFS' });
  state.failure = full;
  announcer.start('g', [entry('10.0.0.1'), entry('10.0.0.2')]);
  clock.pass(20);
  t.strictSame([frames, failures()], [[], []]);
  state.failure = undefined;
  clock.pass(1);
  t.equal(frames.length, 4);
  state.failure = full;
  clock.pass(1000);
  t.ok(failures().length > 0, 'told');
  announcer.stop('g');
  t.equal(clock.pending, 0);
});
