// What a beat proves of each token, and what it finds lost.
import t from 'tap';
import { NOTHING } from '../../../src/election/finding.ts';
import { systemClock, type Instant } from '../../../src/clock.ts';
import { decodeBeat, tokenMark } from '../../../src/election/beat.ts';
import { MAX_EXACT_CLAIMS } from '../../../src/election/proving.ts';
import { encodeRecord, heldRecord } from '../../../src/election/record.ts';
import { StoreError } from '../../../src/election/store.ts';
import { TIMING } from '../../fixtures/fast-timing.ts';
import { listedOf, NEVER, startHearts, take } from '../../fixtures/heart.ts';
import { Latch } from '../../fixtures/latch.ts';
import { kindOf } from '../../fixtures/wrapped-store.ts';

const heart = await startHearts(t);
/** What a record says besides, to no effect here. */
const FACTS = { seq: 1, ceilingMs: 4000, fenceLatencyMs: 143, nowMs: 0 };

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
    const another = heldRecord({ ...self, node: 'b' }, h!.token, FACTS);
    await hand.put(keys.holder('h'), encodeRecord({ ...another, state: 'deposed' }));
    for (const each of heartbeat.listed.values()) each.alwaysExact = true;
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
  t.match(made.log.events.at(-1), { type: 'beat-failed', code: 'DEADLINE_EXCEEDED' });
  t.strictSame(made.recoveries, []);
  made.store.onTxn = (_txn, send) => send();
  await made.heartbeat.beat(made.self, NEVER);
  await made.heartbeat.beat(made.self, NEVER);
  t.equal(made.recoveries.length, 1, 'that it goes again is told once');
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

await t.test('rule 3: a loss that one portion shows is told before the next is sent', async (t) => {
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
    return send();
  };
  const { lost, again } = await heartbeat.beat(made.self, NEVER);
  t.match(lost, [{ claim: { group: 'g0' }, reason: 'lease-lost' }]);
  t.equal(portions, 1);
  t.ok(again, 'the others are proved by the next, at once');
});

await t.test(
  'a heartbeat key that is put anew between two portions serves none of them',
  async (t) => {
    const made = heart();
    const { heartbeat, self, hand, keys, store, proofs } = made;
    await take(made, ...Array.from({ length: MAX_EXACT_CLAIMS + 1 }, (_, at) => `g${at}`));
    for (const each of heartbeat.listed.values()) each.alwaysExact = true;
    store.onTxn = async (_txn, send) => {
      store.onTxn = (_next, go) => go();
      const reply = await send();
      // Deleted, found out by a beat beside this one, and put again.
      await hand.delete(keys.node('s'));
      await heartbeat.beat(self, NEVER);
      await heartbeat.beat(self, NEVER);
      return reply;
    };
    t.match(await heartbeat.beat(self, NEVER), { anew: true });
    t.equal(proofs.length, MAX_EXACT_CLAIMS, 'those of the first portion alone');
  },
);

await t.test(
  'rule 2: beyond 60 groups a beat takes several transactions, each proving its own',
  async (t) => {
    const made = heart();
    const groups = Array.from({ length: MAX_EXACT_CLAIMS + 1 }, (_, at) => `g${at}`);
    await take(made, ...groups);
    for (const each of made.heartbeat.listed.values()) each.alwaysExact = true;
    const before = made.store.sent.length;
    await made.heartbeat.beat(made.self, NEVER);
    const sent = made.store.sent.slice(before);
    t.equal(sent.filter((each) => kindOf(each) === 'beat').length, 2);
    t.equal(made.proofs.length, groups.length);
    const [, first] = made.proofs[0] ?? [];
    const [, last] = made.proofs.at(-1) ?? [];
    t.ok((last?.sentAt ?? 0) > (first?.sentAt ?? 0), 'each from before its own request');
  },
);
