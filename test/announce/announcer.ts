// The schedule on a clock that the test moves; then frames on a real cable, and what they do to the
// neighbour cache of the host at its other end.
import t from 'tap';
import { Announcer } from '../../src/announce/announcer.ts';
import type { AnnouncedVip } from '../../src/announce/announcer.ts';
import { ETHERTYPE_ARP, parseArp } from '../../src/announce/arp.ts';
import { openPacketSender } from '../../src/announce/packet-sender.ts';
import type { ElectorEvent } from '../../src/events.ts';
import { closeFd, openPacketSocket, receivePacket } from '../../src/libc.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';
import { cable, inNamespace, indexOf, ip, within } from '../fixtures/namespace.ts';

const MAC = '02:00:00:00:00:01';
const entry = (address: string, linkIndex = 2): AnnouncedVip => ({
  vip: { family: 4, address, prefixLength: 32 },
  linkIndex,
  linkName: 'end0',
  mac: MAC,
});

/** An announcer whose frames are noted as `<ms> <kind> <ip>`. */
function bench(options: { everyMs?: number; burstMs?: readonly number[] } = {}) {
  const clock = new VirtualClock();
  const begin = clock.now();
  const frames: string[] = [];
  const events: ElectorEvent[] = [];
  const state = {
    asked: [] as string[],
    allowed: (): boolean => true,
    onEvent: (): void => undefined,
    failure: undefined as Error | undefined,
  };
  const announcer = new Announcer(
    {
      clock,
      sender: {
        send(_linkIndex, frame) {
          if (state.failure !== undefined) throw state.failure;
          const arp = parseArp(frame);
          frames.push(`${clock.now() - begin} ${arp?.kind} ${arp?.senderIp}`);
        },
        close: () => undefined,
      },
      mayAnnounce: (group) => {
        state.asked.push(group);
        return state.allowed();
      },
      emit: (event) => {
        events.push(event);
        state.onEvent();
      },
    },
    { everyMs: 3000, ...options },
  );
  const failures = () => events.filter(({ type }) => type === 'announce-failed');
  return { announcer, clock, frames, events, state, failures };
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('both forms go out at once, then by the burst, then every period', async (t) => {
    const { announcer, clock, frames } = bench();
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
    const { announcer, clock, frames } = bench({ burstMs: [0], everyMs: 1000 });
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
    const { announcer, clock, frames } = bench();
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

  await t.test('stopped from within an event, the very next frame is not sent', async (t) => {
    const { announcer, frames, state, clock } = bench();
    state.onEvent = () => announcer.stop('g');
    announcer.start('g', [entry('10.0.0.1'), entry('10.0.0.2')]);
    t.strictSame(frames, ['0 request 10.0.0.1']);
    t.equal(clock.pending, 0);
  });

  await t.test('starting again starts the burst again, and only once', async (t) => {
    const { announcer, clock, frames } = bench({ burstMs: [0, 50, 150] });
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

  await t.test('a closed fence sends nothing; it is asked before every frame', async (t) => {
    const { announcer, clock, frames, state } = bench({ burstMs: [0, 50, 150] });
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

  await t.test('what a stalled process missed is not made up', async (t) => {
    const { announcer, clock, frames } = bench();
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
    const { announcer, clock, frames } = bench({ burstMs: [0, 50], everyMs: 1000 });
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

  await t.test(
    'a failure is told once until it changes or ends; the schedule goes on',
    async (t) => {
      const { announcer, clock, frames, state, failures } = bench();
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
    },
  );

  await t.test('a link without an Ethernet address is a failure, not a crash', async (t) => {
    const { announcer, failures, frames } = bench();
    announcer.start('g', [{ ...entry('10.0.0.1'), mac: '' }, entry('10.0.0.2')]);
    t.equal(failures().length, 1);
    t.strictSame(frames, ['0 request 10.0.0.2', '0 reply 10.0.0.2']);
    announcer.stop('g');
  });

  await t.test('every frame sent is an event; IPv6 has none yet', async (t) => {
    const { announcer, events, frames } = bench();
    const vip = { family: 6, address: 'fd00::100', prefixLength: 128 } as const;
    announcer.start('g', [{ ...entry(''), vip }, entry('10.0.0.1')]);
    t.strictSame(events, [
      { type: 'announced', vip: '10.0.0.1', link: 'end0', kind: 'request' },
      { type: 'announced', vip: '10.0.0.1', link: 'end0', kind: 'reply' },
    ]);
    t.equal(frames.length, 2);
    announcer.stop('g');
  });

  await t.test('on the wire another host sees both forms and corrects its cache', async (t) => {
    const unplug = cable('near', 'far');
    ip('link', 'set', 'near', 'address', MAC);
    ip('-n', 'far', 'addr', 'add', '10.77.0.2/24', 'dev', 'far');
    // A cache that still has the old holder, confirmed long ago enough to be overridden.
    ip(
      '-n',
      'far',
      'neigh',
      'add',
      '10.77.0.100',
      'lladdr',
      '02:00:00:00:00:99',
      'dev',
      'far',
      'nud',
      'stale',
    );
    const capture = within('far', () => openPacketSocket(ETHERTYPE_ARP));
    const sender = openPacketSender();
    const clock = new VirtualClock();
    let open = true;
    const announcer = new Announcer(
      { clock, sender, mayAnnounce: () => open, emit: () => undefined },
      { everyMs: 3000 },
    );
    announcer.start('g', [entry('10.77.0.100', indexOf('near'))]);
    const seen = [receivePacket(capture), receivePacket(capture)].map((p) => parseArp(p!.bytes));
    const common = {
      destination: 'ff:ff:ff:ff:ff:ff',
      source: MAC,
      senderMac: MAC,
      senderIp: '10.77.0.100',
      targetIp: '10.77.0.100',
    };
    t.strictSame(seen, [
      { kind: 'request', ...common, targetMac: '00:00:00:00:00:00' },
      { kind: 'reply', ...common, targetMac: MAC },
    ]);
    t.match(ip('-n', 'far', 'neigh', 'show', '10.77.0.100'), `lladdr ${MAC} `);
    open = false;
    clock.pass(60_000);
    t.equal(receivePacket(capture), undefined, 'a closed fence: silence on the wire');
    open = true;
    announcer.stop('g');
    clock.pass(60_000);
    t.equal(receivePacket(capture), undefined, 'stopped: silence on the wire');
    closeFd(capture);
    sender.close();
    unplug();
  });
});
