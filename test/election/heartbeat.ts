import t from 'tap';
import { after, systemClock, type Instant } from '../../src/clock.ts';
import { decodeBeat, encodeBeat, tokenMark } from '../../src/election/beat.ts';
import type { Listed } from '../../src/election/claim.ts';
import { Heartbeat } from '../../src/election/heartbeat.ts';
import { Keys } from '../../src/election/keys.ts';
import { LONGEST_HOLD_FOR_MS } from '../../src/election/promise.ts';
import { MAX_EXACT_CLAIMS } from '../../src/election/proving.ts';
import type { Self } from '../../src/election/situation.ts';
import type { Token } from '../../src/election/record.ts';
import { StoreError } from '../../src/election/store.ts';
import { Transactions } from '../../src/election/transactions.ts';
import type { Proof } from '../../src/election/types.ts';
import { startCluster } from '../../src/lab/etcd.ts';
import { TIMING } from '../fixtures/fast-timing.ts';
import { Hand } from '../fixtures/hand.ts';
import { Latch } from '../fixtures/latch.ts';
import { MemoryJournal } from '../fixtures/memory-journal.ts';
import { kindOf, WrappedStore } from '../fixtures/wrapped-store.ts';
import { EventLog, openStore, within } from '../fixtures/etcd-store.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';
import { beatOf, leaseOf } from '../fixtures/situation.ts';

const cluster = await startCluster({ size: 1, dir: t.testdir() });
t.teardown(() => cluster.stop());
const { store: real } = openStore(t, cluster.endpoints);
const NEVER = new AbortController().signal;
const refusing = new Error('the state file cannot be written');

let prefixes = 0;

/** A heartbeat of node `s`; with `clock` it composes only. */
function heart({ clock = systemClock, timing = {}, journal = new MemoryJournal() } = {}) {
  prefixes += 1;
  const prefix = `/h${prefixes}`;
  const keys = new Keys(prefix);
  const store = new WrappedStore(real);
  const log = new EventLog();
  const proofs: [string, Proof][] = [];
  const { identity, bootId } = journal.memory;
  const self: Self = { node: 's', identity, bootId, lease: leaseOf('s') };
  const heartbeat = new Heartbeat(
    {
      store,
      clock,
      journal,
      transactions: new Transactions(keys, 's'),
      emit: log.emit,
      onProved: (group, proof) => proofs.push([group, proof]),
    },
    { ...TIMING, idleEveryMs: 3000, ...timing },
  );
  return { heartbeat, store, log, proofs, self, journal, keys, hand: new Hand(real, prefix) };
}

await real.grantLease(leaseOf('s'), 600, within());
await real.grantLease(leaseOf('x'), 600, within());

/** A token as its taking leaves it. */
const listedOf = (token: Token, recordRevision?: number, ceilingMs = TIMING.holdForMs): Listed => ({
  token,
  recordRevision,
  ceilingMs,
  uncertain: false,
  alwaysExact: false,
  intactAt: recordRevision ?? 0,
  exactSentAt: systemClock.now(),
  provedUntil: after(systemClock.now(), ceilingMs),
});

/** Groups whose key and record stand, listed as taken. */
async function take(
  { heartbeat, hand, keys }: ReturnType<typeof heart>,
  ...groups: string[]
): Promise<Listed[]> {
  const listed: Listed[] = [];
  for (const group of groups) {
    const key = `${keys.election(group)}/${leaseOf('s')}`;
    await hand.put(key, 's', leaseOf('s'));
    await hand.put(keys.holder(group), 'record');
    const [own, record] = [await hand.get(key), await hand.get(keys.holder(group))];
    const token = { key, createRevision: own?.createRevision ?? 0 };
    const each = listedOf(token, record?.modRevision);
    heartbeat.listed.set(group, each);
    listed.push(each);
  }
  return listed;
}

/** A beat that found nothing to be told. */
const NOTHING = {
  nameTaken: undefined,
  leaseGone: false,
  lost: [],
  regressed: undefined,
  again: false,
};

await t.test('rule 4 [H2]: the promised end never moves back, confirmed or not', (t) => {
  const clock = new VirtualClock();
  const long = heart({ clock, timing: { holdForMs: 4000 } });
  const first = long.heartbeat.compose(long.self);
  t.equal(first.holdForMs, 4000);
  t.equal(
    long.journal.saved.promisedEnd,
    after(first.sentAt, 4000),
    'in the state file before it is sent',
  );
  clock.pass(1000);
  // A restart with a shorter hold.
  const journal = new MemoryJournal(structuredClone(long.journal.saved));
  const short = heart({ clock, journal, timing: { holdForMs: 600 } });
  t.equal(short.heartbeat.compose(short.self).holdForMs, 3000);
  clock.pass(2700);
  t.equal(short.heartbeat.compose(short.self).holdForMs, 600);
  t.end();
});

await t.test('rule 4: every beat says what it promises, and the state file knows', (t) => {
  const clock = new VirtualClock();
  const { heartbeat, self, journal } = heart({ clock });
  const beat = heartbeat.compose(self);
  const said = decodeBeat(beat.value);
  t.match(said, {
    holdForMs: beat.holdForMs,
    fenceLatencyMs: TIMING.fenceLatencyMs,
    beatEveryMs: 3000,
    nextBeatWithinMs: 3000 + TIMING.requestDeadlineMs,
    identity: self.identity,
    bootId: self.bootId,
    lease: self.lease,
  });
  heartbeat.brisk = true;
  t.match(decodeBeat(heartbeat.compose(self).value), { beatEveryMs: 100, nextBeatWithinMs: 350 });
  t.equal(journal.saved.seq, journal.memory.seq);
  t.end();
});

await t.test(
  'rule 2 [H3, H7, H10]: the sequence grows with every attempt, restarts included',
  (t) => {
    const clock = new VirtualClock();
    const one = heart({ clock });
    const seqs = [one.heartbeat.compose(one.self).seq, one.heartbeat.compose(one.self).seq];
    const journal = new MemoryJournal(structuredClone(one.journal.saved));
    const other = heart({ clock, journal });
    seqs.push(other.heartbeat.compose(other.self).seq);
    t.strictSame(seqs, [1, 2, 3]);
    t.end();
  },
);

await t.test('a beat that cannot be noted in the state file is not sent', async (t) => {
  const { heartbeat, self, journal, store, log } = heart();
  journal.save = () => {
    throw refusing;
  };
  await heartbeat.beat(self, NEVER);
  t.strictSame(store.sent, []);
  t.match(log.events, [{ type: 'beat-failed', code: 'STATE_FILE' }]);
});

await t.test('[H5] no token promises more than its ceiling', (t) => {
  const clock = new VirtualClock();
  const { heartbeat, self } = heart({ clock, timing: { holdForMs: 4000 } });
  const token = { key: 'k', createRevision: 7 };
  heartbeat.listed.set('g', listedOf(token, 9, 600));
  const beat = heartbeat.compose(self);
  t.equal(beat.holdForMs, 600);
  t.strictSame(decodeBeat(beat.value)?.tokens, [tokenMark('g', 7)]);
  clock.pass(100);
  t.equal(heartbeat.ceilingMs(), 4000);
  t.end();
});

await t.test('[H5] the ceiling of a taking covers what was promised before', (t) => {
  const clock = new VirtualClock();
  const promisedEnd = after(clock.now(), 8000);
  const journal = new MemoryJournal({ ...new MemoryJournal().memory, promisedEnd });
  const { heartbeat } = heart({ clock, journal });
  t.equal(heartbeat.ceilingMs(), 8000);
  t.end();
});

await t.test(
  '[H5] a hold never exceeds the ceiling, whatever an earlier beat had promised',
  async (t) => {
    const made = heart();
    made.journal.memory.promisedEnd = after(systemClock.now(), 60_000);
    const [listed] = await take(made, 'g');
    await made.heartbeat.beat(made.self, NEVER);
    const [, proof] = made.proofs[0] ?? [];
    t.equal(proof?.token, listed?.token);
    t.equal((proof?.deadline ?? 0) - (proof?.sentAt ?? 0), TIMING.holdForMs);
  },
);

await t.test(
  'rules 2 and 5: a confirmed beat proves every token from before it was sent',
  async (t) => {
    const made = heart();
    await take(made, 'g', 'h');
    const before = systemClock.now();
    t.strictSame(await made.heartbeat.beat(made.self, NEVER), NOTHING);
    t.strictSame(
      made.proofs.map(([group]) => group),
      ['g', 'h'],
    );
    for (const [, { sentAt, deadline }] of made.proofs) {
      t.ok(sentAt >= before && sentAt <= systemClock.now());
      t.equal(deadline, sentAt + TIMING.holdForMs);
    }
  },
);

await t.test(
  'rule 3 [H3]: an overtaken beat changes nothing, proves nothing, and loses nothing',
  async (t) => {
    const made = heart();
    const { heartbeat, self, store, hand, keys } = made;
    await take(made, 'g');
    await heartbeat.beat(self, NEVER);
    const [before] = made.proofs.splice(0);
    t.ok(before);
    const overtaken = new Latch();
    store.onTxn = async (_txn, send) => {
      store.onTxn = (_next, go) => go();
      await overtaken.opened;
      return send();
    };
    const late = heartbeat.beat(self, NEVER);
    await heartbeat.beat(self, NEVER);
    const written = await hand.get(keys.node('s'));
    overtaken.open();
    t.strictSame(await late, NOTHING);
    t.equal(made.proofs.length, 1, 'only by the one that came first');
    t.strictSame(await hand.get(keys.node('s')), written);
  },
);

await t.test(
  'rule 3 [A8]: what is lost is told apart from the rest, which is proved next',
  async (t) => {
    const made = heart();
    const { heartbeat, self, hand, keys, proofs } = made;
    const [g, h] = await take(made, 'g', 'h', 'i');
    await hand.delete(g?.token.key ?? '');
    await hand.put(keys.holder('h'), 'another');
    const { lost } = await heartbeat.beat(self, NEVER);
    t.match(lost, [
      { claim: { group: 'g', token: g?.token }, reason: 'lease-lost' },
      { claim: { group: 'h', token: h?.token }, reason: 'deposed' },
    ]);
    t.strictSame(proofs, [], 'nothing is proved by a failed compare');
    for (const each of [g, h]) if (each !== undefined) each.recordRevision = undefined;
    t.strictSame((await heartbeat.beat(self, NEVER)).lost, []);
    t.strictSame(
      proofs.map(([group]) => group),
      ['i'],
    );
  },
);

await t.test(
  'rule 6: what is lost is listed until it is withdrawn, and listing proves nothing',
  async (t) => {
    const made = heart();
    const { heartbeat, self, hand, keys, proofs } = made;
    const [g] = await take(made, 'g');
    if (g !== undefined) g.recordRevision = undefined;
    await heartbeat.beat(self, NEVER);
    const written = decodeBeat((await hand.get(keys.node('s')))?.value ?? '');
    t.strictSame(written?.tokens, [tokenMark('g', g?.token.createRevision ?? 0)]);
    t.strictSame(proofs, []);
  },
);

await t.test('rule 3: a timeout is unknown, so not proven, though it was applied', async (t) => {
  const made = heart();
  await take(made, 'g');
  made.store.onTxn = async (_txn, send) => {
    await send();
    throw new StoreError('DEADLINE_EXCEEDED', '', 'late');
  };
  t.strictSame(await made.heartbeat.beat(made.self, NEVER), NOTHING);
  t.strictSame(made.proofs, []);
  t.match(made.log.events, [{ type: 'beat-failed', code: 'DEADLINE_EXCEEDED' }]);
});

await t.test(
  'rule 5 [A1]: a late confirmation serves no token given up or taken anew',
  async (t) => {
    for (const change of ['withdrawn', 'taken anew', 'another token'] as const) {
      const made = heart();
      const { heartbeat, self, store, proofs } = made;
      const [g] = await take(made, 'g');
      store.onTxn = async (_txn, send) => {
        const reply = await send();
        heartbeat.listed.delete('g');
        const token = g?.token ?? { key: '', createRevision: 0 };
        if (change === 'taken anew') heartbeat.listed.set('g', listedOf(token, 1e6));
        if (change === 'another token') {
          const other = { key: 'k', createRevision: 1 };
          heartbeat.listed.set('g', listedOf(other, g?.recordRevision));
        }
        return reply;
      };
      await heartbeat.beat(self, NEVER);
      t.strictSame(proofs, [], change);
    }
  },
);

await t.test(
  'rule 2: another node’s writing under our name is told, ours of an earlier lease is not',
  async (t) => {
    const { heartbeat, self, hand, keys } = heart();
    await hand.put(keys.node('s'), encodeBeat(beatOf('s', { identity: 'other' })), leaseOf('x'));
    t.match(await heartbeat.beat(self, NEVER), { nameTaken: { lease: leaseOf('x') } });
    await hand.put(
      keys.node('s'),
      encodeBeat(beatOf('s', { seq: 0, identity: self.identity, bootId: self.bootId })),
      leaseOf('x'),
    );
    t.match(await heartbeat.beat(self, NEVER), { nameTaken: undefined, lost: [] });
    t.strictSame(heartbeat.ground, { kind: 'earlier', lease: leaseOf('x') });
    await heartbeat.beat(self, NEVER);
    t.equal((await hand.get(keys.node('s')))?.lease, self.lease);
  },
);

await t.test('rule 2: our own life’s beat is not written over by another boot’s', async (t) => {
  const { heartbeat, self, hand, keys } = heart();
  const value = encodeBeat(beatOf('s', { seq: 0, identity: self.identity, bootId: 'earlier' }));
  await hand.put(keys.node('s'), value, leaseOf('x'));
  t.match(await heartbeat.beat(self, NEVER), { nameTaken: { value } });
});

await t.test('a heartbeat key that vanished is written again by the next beat', async (t) => {
  const { heartbeat, self, hand, keys } = heart();
  await heartbeat.beat(self, NEVER);
  await hand.delete(keys.node('s'));
  await heartbeat.beat(self, NEVER);
  t.equal(await hand.get(keys.node('s')), undefined);
  await heartbeat.beat(self, NEVER);
  t.ok(await hand.get(keys.node('s')));
});

/** Groups that two beats have proved: from now on one compare serves most of them. */
async function proved(made: ReturnType<typeof heart>, ...groups: string[]): Promise<Listed[]> {
  const listed = await take(made, ...groups);
  // The first writes over no heartbeat, the second over records of which the newest is known.
  for (let beat = 0; beat < 2; beat += 1) await made.heartbeat.beat(made.self, NEVER);
  made.proofs.length = 0;
  made.store.sent.length = 0;
  return listed;
}

const comparesOf = (made: ReturnType<typeof heart>): number[] =>
  made.store.sent.map(({ compares }) => compares.length);

await t.test('rule 2: ten groups are proved by one compare more than a single one', async (t) => {
  const one = heart();
  await proved(one, 'g');
  await one.heartbeat.beat(one.self, NEVER);
  const ten = heart();
  const groups = Array.from({ length: 10 }, (_, at) => `g${at}`);
  const listed = await proved(ten, ...groups);
  await ten.heartbeat.beat(ten.self, NEVER);
  t.strictSame([comparesOf(one), comparesOf(ten)], [[5], [6]]);
  t.strictSame(ten.proofs.map(([group]) => group).toSorted(), groups);
  const sentAt = ten.proofs[0]?.[1].sentAt;
  t.equal(listed.filter((each) => each.exactSentAt === sentAt).length, 1, 'one of them itself');
});

await t.test(
  'rule 2: a record of others that changes costs one more beat, and no group',
  async (t) => {
    const made = heart();
    const { heartbeat, self, hand, keys, proofs } = made;
    await proved(made, 'g', 'h', 'i');
    await hand.put(keys.holder('of-others'), 'another');
    t.strictSame(await heartbeat.beat(self, NEVER), { ...NOTHING, again: true });
    t.strictSame(proofs, [], 'nothing is proved by a failed compare');
    t.strictSame(await heartbeat.beat(self, NEVER), NOTHING);
    t.equal(proofs.length, 3);
    await heartbeat.beat(self, NEVER);
    t.strictSame(comparesOf(made), [6, 9, 6], 'ranged, exact, ranged');
  },
);

await t.test('rule 2 [A8]: a record of ours that changes is told by the beat after', async (t) => {
  const made = heart();
  const { heartbeat, self, hand, keys } = made;
  await proved(made, 'g', 'h', 'i');
  await hand.put(keys.holder('h'), 'another');
  t.match(await heartbeat.beat(self, NEVER), { lost: [], again: true });
  t.match(await heartbeat.beat(self, NEVER), {
    lost: [{ claim: { group: 'h' }, reason: 'deposed' }],
    again: true,
  });
});

await t.test(
  'rule 2: a key or a record that somebody deletes is told within a round',
  async (t) => {
    for (const what of ['key', 'record'] as const) {
      const made = heart();
      const { heartbeat, self, hand, keys } = made;
      const listed = await proved(made, 'g', 'h', 'i');
      await hand.delete(what === 'key' ? (listed[1]?.token.key ?? '') : keys.holder('h'));
      const lost = async (): Promise<string[]> =>
        (await heartbeat.beat(self, NEVER)).lost.map(({ claim }) => claim.group);
      const found: string[] = [];
      for (let beat = 0; beat < 4; beat += 1) found.push(...(await lost()));
      t.ok(found.length > 0 && found.every((group) => group === 'h'), what);
    }
  },
);

await t.test('a ranged proof ends with the longest promise after the exact one', async (t) => {
  const made = heart({ timing: { holdForMs: 4000 } });
  const [g, h] = await proved(made, 'g', 'h');
  const now = systemClock.now();
  // As a restart finds it whose configuration promises less than before (rule 4).
  made.journal.memory.promisedEnd = after(now, LONGEST_HOLD_FOR_MS + 1000);
  for (const each of [g!, h!]) each.ceilingMs = LONGEST_HOLD_FOR_MS;
  g!.exactSentAt = after(now, -5000);
  h!.exactSentAt = after(now, -3000);
  await made.heartbeat.beat(made.self, NEVER);
  const deadlineOf = new Map(made.proofs.map(([group, { deadline }]) => [group, deadline]));
  t.ok((deadlineOf.get('g') ?? 0) >= after(now, LONGEST_HOLD_FOR_MS), 'compared itself: whole');
  t.equal(deadlineOf.get('h'), after(now, LONGEST_HOLD_FOR_MS - 3000));
});

await t.test('a ranged proof that comes after the right has run out revives nothing', async (t) => {
  const made = heart({ timing: { holdForMs: 4000 } });
  const { heartbeat, self, hand, keys, store, proofs } = made;
  const [g] = await proved(made, 'g', 'h');
  store.onTxn = async (_txn, send) => {
    // Its key gone, somebody has taken and that record was deleted: nothing changed since, says the range.
    await hand.delete(g!.token.key);
    await hand.delete(keys.holder('g'));
    const reply = await send();
    g!.provedUntil = systemClock.now();
    return reply;
  };
  t.strictSame(await heartbeat.beat(self, NEVER), NOTHING);
  t.strictSame(
    proofs.map(([group]) => group),
    ['h'],
  );
  t.match(await heartbeat.beat(self, NEVER), { lost: [{ claim: { group: 'g' } }] });
});

await t.test(
  'rule 16: an etcd that has lost a confirmed beat is told, whatever its revision',
  async (t) => {
    const { heartbeat, self, hand, keys } = heart();
    await heartbeat.beat(self, NEVER);
    const stored = await hand.get(keys.node('s'));
    // As if a later beat had been confirmed before the restore.
    heartbeat.standsAt(self.lease, (stored?.modRevision ?? 0) + 1);
    const { regressed } = await heartbeat.beat(self, NEVER);
    t.match(regressed, `is there as of ${stored?.modRevision}`);
    t.strictSame(await hand.get(keys.node('s')), stored, 'nothing is written over it');
  },
);

await t.test(
  'rule 3: a loss that was seen in one portion is none of what was taken until the last is answered',
  async (t) => {
    const made = heart();
    const { heartbeat, hand, store } = made;
    const groups = Array.from({ length: MAX_EXACT_CLAIMS + 1 }, (_, at) => `g${at}`);
    const [first] = await take(made, ...groups);
    await heartbeat.beat(made.self, NEVER);
    for (const each of heartbeat.listed.values()) each.exactSentAt = 0 as Instant;
    await hand.delete(first!.token.key);
    let portions = 0;
    store.onTxn = (_txn, send) => {
      portions += 1;
      if (portions === 2) heartbeat.listed.set('g0', listedOf({ key: 'k', createRevision: 1 }, 1));
      return send();
    };
    t.strictSame((await heartbeat.beat(made.self, NEVER)).lost, []);
    t.equal(portions, 2);
  },
);

await t.test(
  'rule 2: beyond 60 groups a beat takes several transactions, each proving its own',
  async (t) => {
    const made = heart();
    const groups = Array.from({ length: MAX_EXACT_CLAIMS + 1 }, (_, at) => `g${at}`);
    await take(made, ...groups);
    await made.heartbeat.beat(made.self, NEVER);
    t.equal(made.store.sent.filter((each) => kindOf(each) === 'beat').length, 2);
    t.equal(made.proofs.length, groups.length);
    const [, first] = made.proofs[0] ?? [];
    const [, last] = made.proofs.at(-1) ?? [];
    t.ok((last?.sentAt ?? 0) > (first?.sentAt ?? 0), 'each from before its own request');
  },
);

await t.test('rule 7: the pace is brisk while leading or claiming, sooner while overdue', (t) => {
  const clock = new VirtualClock();
  const { heartbeat } = heart({ clock });
  const lastAt = clock.now();
  const due = (): number => heartbeat.dueAfter(lastAt) - lastAt;
  t.equal(due(), 3000);
  heartbeat.brisk = true;
  t.equal(due(), TIMING.heartbeatEveryMs);
  heartbeat.lastConfirmedSentAt = after(lastAt, -50);
  t.equal(due(), 100, 'confirmed in time');
  heartbeat.lastConfirmedSentAt = after(lastAt, -100);
  t.equal(due(), 50, 'when the proof becomes overdue');
  heartbeat.lastConfirmedSentAt = after(lastAt, -1000);
  t.equal(due(), 25, 'overdue: soon, but not at once');
  t.end();
});
