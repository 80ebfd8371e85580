// One compare that serves many groups: what it proves, and what it cannot see.
import t from 'tap';
import { NOTHING } from '../../../src/election/finding.ts';
import { after, systemClock } from '../../../src/clock.ts';
import type { Listed } from '../../../src/election/claim.ts';
import { LONGEST_HOLD_FOR_MS } from '../../../src/election/promise.ts';
import { encodeRecord } from '../../../src/election/record.ts';
import { candidate, recordOf } from '../../fixtures/situation.ts';
import { NEVER, startHearts, take, type Heart } from '../../fixtures/heart.ts';

const heart = await startHearts(t);

/** Groups that two beats have proved: from now on one compare serves most of them. */
async function proved(made: Heart, ...groups: string[]): Promise<Listed[]> {
  const listed = await take(made, ...groups);
  // The first writes over no heartbeat, the second over records of which the newest is known.
  for (let beat = 0; beat < 2; beat += 1) await made.heartbeat.beat(made.self, NEVER);
  made.proofs.length = 0;
  made.store.sent.length = 0;
  return listed;
}

const comparesOf = (made: Heart): number[] =>
  made.store.sent.map(({ compares }) => compares.length);

await t.test(
  'rule 2: ten groups are proved by three compares more than a single one',
  async (t) => {
    const one = heart();
    await proved(one, 'g');
    await one.heartbeat.beat(one.self, NEVER);
    const ten = heart();
    const groups = Array.from({ length: 10 }, (_, at) => `g${at}`);
    const listed = await proved(ten, ...groups);
    await ten.heartbeat.beat(ten.self, NEVER);
    t.strictSame([comparesOf(one), comparesOf(ten)], [[6], [9]]);
    t.strictSame(ten.proofs.map(([group]) => group).toSorted(), groups);
    const sentAt = ten.proofs[0]?.[1].sentAt;
    t.equal(listed.filter((each) => each.exactSentAt === sentAt).length, 1, 'one of them itself');
  },
);

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
    t.strictSame(comparesOf(made), [9, 10, 9], 'ranged, exact, ranged');
  },
);

await t.test('rule 2 [A8]: a record of ours that changes is told by the beat after', async (t) => {
  const made = heart();
  const { heartbeat, self, hand, keys } = made;
  await proved(made, 'g', 'h', 'i');
  await hand.put(keys.holder('h'), encodeRecord(recordOf(candidate('b', 1))));
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
      if (what === 'key') t.ok(found.length > 0 && found.every((group) => group === 'h'), what);
      else t.strictSame(found, [], 'its key stands: nobody else can have taken');
      const provable = listed.map((each) => heartbeat.key.proves(each));
      t.strictSame(provable, [true, what === 'key', true], what);
    }
  },
);

await t.test(
  '[A8] beside a claim that must be taken anew the rest is proved at once',
  async (t) => {
    const made = heart();
    const { heartbeat, self, hand, keys, proofs } = made;
    const listed = await proved(made, 'g', 'h', 'i');
    for (const each of listed) each.alwaysExact = true;
    await hand.delete(keys.holder('h'));
    t.match(await heartbeat.beat(self, NEVER), { lost: [], again: true, anew: true });
    t.strictSame(proofs, []);
    t.match(await heartbeat.beat(self, NEVER), { again: false });
    t.strictSame(proofs.map(([group]) => group).toSorted(), ['g', 'i']);
  },
);

await t.test('rule 2: a record that was written and deleted is told by the epoch', async (t) => {
  const made = heart();
  const { heartbeat, self, hand, keys, proofs } = made;
  await proved(made, 'g', 'h', 'i');
  // A taking by somebody else, whose record is then deleted: the range looks as it did.
  await hand.put(keys.epoch, 'h');
  t.strictSame(await heartbeat.beat(self, NEVER), { ...NOTHING, again: true });
  await heartbeat.beat(self, NEVER);
  proofs.length = 0;
  await hand.delete(keys.epoch);
  t.strictSame(await heartbeat.beat(self, NEVER), { ...NOTHING, again: true }, 'nor without it');
  t.strictSame(proofs, []);
});

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
  const [g, h] = await proved(made, 'g', 'h');
  h!.exactSentAt = after(g!.exactSentAt, -1); // The next to be compared itself.
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
