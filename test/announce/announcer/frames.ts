// Each frame: whether it may go, what it tells, and that it could not go.
import t from 'tap';
import { announcerBench, entry } from '../../fixtures/announcer-bench.ts';

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

await t.test('every frame sent is an event; IPv6 has none yet', async (t) => {
  const { announcer, events, frames } = announcerBench();
  const vip = { family: 6, address: 'fd00::100', prefixLength: 128 } as const;
  announcer.start('g', [{ ...entry(''), vip }, entry('10.0.0.1')]);
  t.strictSame(events, [
    { type: 'announced', vip: '10.0.0.1', link: 'end0', kind: 'request' },
    { type: 'announced', vip: '10.0.0.1', link: 'end0', kind: 'reply' },
  ]);
  t.equal(frames.length, 2);
  announcer.stop('g');
});
