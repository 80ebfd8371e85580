// What a beat promises, and that the state file knows it before etcd does.
import t from 'tap';
import { after, systemClock } from '../../../src/clock.ts';
import { decodeBeat, tokenMark } from '../../../src/election/beat.ts';
import { TIMING } from '../../fixtures/fast-timing.ts';
import { listedOf, NEVER, startHearts, take } from '../../fixtures/heart.ts';
import { MemoryJournal } from '../../fixtures/memory-journal.ts';
import { VirtualClock } from '../../fixtures/virtual-clock.ts';

const heart = await startHearts(t);

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
  heartbeat.pace.first = true;
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
    throw new Error('the state file cannot be written');
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
