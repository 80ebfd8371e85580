import t from 'tap';
import { addressSpans, analyse, holdSpans, outages, resolutionMs } from '../../src/lab/analysis.ts';
import type {
  AddressChange,
  Claim,
  ProbeAnswer,
  ProbeTrack,
  Recording,
} from '../../src/lab/recording.ts';

const VIP = '10.77.0.100';
const MACS = ['02:77:00:00:00:01', '02:77:00:00:00:02'];
/** How long after its question an answer comes, in these recordings. */
const RTT = 0.1;
/** What a frame by itself counts. */
const FRAME = 0.01;

/** Probes at 0, 2, 4 … ms; `who` says which hosts answer the one sent at a time. */
function track(until: number, who: (at: number) => readonly number[]): ProbeTrack {
  const sentAt = Array.from({ length: Math.ceil(until / 2) }, (_, probe) => probe * 2);
  const answers: ProbeAnswer[] = sentAt.flatMap((at, probe) =>
    who(at).map((host) => ({ probe, at: at + RTT, mac: MACS[host]! })),
  );
  return { vip: VIP, sentAt, answers };
}

function recording(parts: Partial<Recording>): Recording {
  return {
    startedAt: 0,
    endedAt: 100,
    hostMacs: MACS,
    probes: [],
    claims: [],
    addresses: [],
    ...parts,
  };
}

function claim(at: number, host: number): Claim {
  const mac = MACS[host]!;
  return { at, host, vip: VIP, mac, kind: 'request', frame: '', broadcast: true };
}

function change(at: number, host: number, present: boolean, link = 'end0'): AddressChange {
  return { at, host, vip: VIP, link, present };
}

await t.test('an outage lasts from the first lost probe to the first answered one', async (t) => {
  const seen = track(100, (at) => (at >= 20 && at < 50 ? [] : [0]));
  t.same(outages(seen, 100), [{ vip: VIP, from: 20, to: 50, lost: 15 }]);
});

await t.test('one lost probe is an outage; probes on their way at the end are not', async (t) => {
  const seen = track(100, (at) => (at === 40 || at > 80 ? [] : [0]));
  t.same(outages(seen, 100), [{ vip: VIP, from: 40, to: 42, lost: 1 }]);
});

await t.test('an outage that does not end is as long as the recording', async (t) => {
  const seen = track(100, (at) => (at < 50 ? [0] : []));
  t.same(outages(seen, 100), [{ vip: VIP, from: 50, to: 100, lost: 25 }]);
});

await t.test('a prober that stalls makes no outage, but a poor resolution', async (t) => {
  const whole = track(100, () => [0]);
  const kept = whole.sentAt.map((_, probe) => probe).filter((probe) => probe < 10 || probe >= 40);
  const seen: ProbeTrack = {
    vip: VIP,
    sentAt: kept.map((probe) => whole.sentAt[probe]!),
    answers: kept.map((probe, at) => ({ ...whole.answers[probe]!, probe: at })),
  };
  t.same(outages(seen, 100), []);
  t.equal(resolutionMs(seen), 62);
  t.equal(resolutionMs(whole), 2);
  t.equal(resolutionMs({ vip: VIP, sentAt: [], answers: [] }), 0);
});

await t.test('a hold spans the first question answered and the last answer', async (t) => {
  const seen = track(100, (at) => (at < 40 ? [0] : at < 60 ? [] : [1]));
  t.same(
    holdSpans(seen, [], []),
    new Map([
      [MACS[0], [{ from: 0, to: 38 + RTT }]],
      [MACS[1], [{ from: 60, to: 98 + RTT }]],
    ]),
  );
});

await t.test('two lost answers in a row do not end a hold, three do', async (t) => {
  for (const lost of [2, 3]) {
    const seen = track(30, (at) => (at >= 10 && at < 10 + 2 * lost ? [] : [0]));
    t.equal(holdSpans(seen, [], []).get(MACS[0]!)?.length, lost - 1);
  }
});

await t.test('a claim prolongs a hold, unless nobody on the LAN could hear it', async (t) => {
  const seen = track(100, (at) => (at < 40 ? [0] : []));
  t.same(holdSpans(seen, [claim(41, 0)], []).get(MACS[0]!), [{ from: 0, to: 41 + FRAME }]);
  const isolation = { host: 0, from: 40, to: 90 };
  t.same(holdSpans(seen, [claim(41, 0)], [isolation]).get(MACS[0]!), [{ from: 0, to: 38 + RTT }]);
  t.same(
    holdSpans(seen, [claim(95, 0)], [isolation]).get(MACS[0]!),
    [
      { from: 0, to: 38 + RTT },
      { from: 95, to: 95 + FRAME },
    ],
    'after the isolation it counts again',
  );
});

function circumstances(faultAt: number) {
  return { before: 0, beganAt: faultAt, faultAt, isolations: [] };
}

await t.test('two who answer the same probe are two holders', async (t) => {
  const both = track(100, (at) => (at < 50 ? [0] : at === 50 ? [0, 1] : [1]));
  const { twoHoldersMs } = analyse(recording({ probes: [both] }), circumstances(50));
  t.ok(twoHoldersMs > 0);
});

await t.test('two who take turns are two holders as long as they do', async (t) => {
  const turns = track(100, (at) => (at % 4 === 0 ? [0] : [1]));
  const { twoHoldersMs } = analyse(recording({ probes: [turns] }), circumstances(50));
  t.ok(twoHoldersMs > 90);
});

await t.test('one after the other, on the next probe, is one holder', async (t) => {
  const moved = track(100, (at) => (at < 50 ? [0] : [1]));
  const { twoHoldersMs, before, after } = analyse(
    recording({ probes: [moved] }),
    circumstances(49),
  );
  t.equal(twoHoldersMs, 0);
  t.equal(before, 0);
  t.equal(after, 1);
});

await t.test('a claim of the old one after the new one has answered makes two', async (t) => {
  const moved = track(100, (at) => (at < 50 ? [0] : [1]));
  const late = recording({ probes: [moved], claims: [claim(54.5, 0)] });
  const { twoHoldersMs } = analyse(late, circumstances(49));
  t.ok(Math.abs(twoHoldersMs - FRAME) < 0.001, 'long after its last answer: that frame');
  const soon = recording({ probes: [moved], claims: [claim(51.5, 0)] });
  const lasting = analyse(soon, circumstances(49)).twoHoldersMs;
  t.ok(Math.abs(lasting - 1.5 - FRAME) < 0.001, 'soon after: all the time from the first answer');
});

await t.test('a MAC that is no host of ours is a holder too', async (t) => {
  const moved = track(100, () => [0]);
  const stranger = { ...moved.answers[10]!, mac: '02:00:00:00:00:99' };
  const probes = [{ ...moved, answers: [...moved.answers, stranger] }];
  t.ok(analyse(recording({ probes }), circumstances(49)).twoHoldersMs > 0);
});

await t.test(
  'addresses: spans by host and link, their overlap, when the old holder lost it',
  async (t) => {
    const addresses = [change(0, 0, true), change(60, 0, false), change(55, 1, true)].toSorted(
      (a, b) => a.at - b.at,
    );
    const seen = recording({ probes: [track(100, () => [0])], addresses });
    t.same(addressSpans(seen, VIP), [[{ from: 0, to: 60 }], [{ from: 55, to: 100 }]]);
    const analysis = analyse(seen, circumstances(50));
    t.equal(analysis.twoAddressesMs, 5);
    t.equal(analysis.goneMs, 10);
  },
);

await t.test('an address that never leaves has no time at which it was gone', async (t) => {
  const seen = recording({ probes: [track(100, () => [0])], addresses: [change(0, 0, true)] });
  t.equal(analyse(seen, circumstances(50)).goneMs, undefined);
});

await t.test('an address that comes back later was gone all the same', async (t) => {
  const addresses = [change(0, 0, true), change(52, 0, false), change(53, 0, true)];
  const seen = recording({ probes: [track(100, () => [0])], addresses });
  t.equal(analyse(seen, circumstances(50)).goneMs, 2);
});

await t.test('nobody holds at the end when the last answers are old', async (t) => {
  const seen = recording({ probes: [track(1000, (at) => (at < 500 ? [0] : []))], endedAt: 1000 });
  t.equal(analyse(seen, circumstances(500)).after, undefined);
});
