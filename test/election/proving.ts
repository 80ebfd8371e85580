import t from 'tap';
import { after, type Instant } from '../../src/clock.ts';
import type { Listed } from '../../src/election/claim.ts';
import { LONGEST_HOLD_FOR_MS } from '../../src/election/promise.ts';
import {
  MAX_EXACT_CLAIMS,
  proving,
  provingExactly,
  rangedUntil,
} from '../../src/election/proving.ts';
import { NOW } from '../fixtures/situation.ts';

/** Create revision of our heartbeat key. */
const ON = 90;

/** Groups taken one after another, all known to be intact since the last taking. */
function taken(count: number): Map<string, Listed> {
  const names = Array.from({ length: count }, (_, at) => `g${at}`);
  return new Map(
    names.map((name, at) => [
      name,
      {
        token: { key: `key-${name}`, createRevision: 7 },
        recordRevision: 100 + at,
        takenOn: ON,
        ceilingMs: 4000,
        uncertain: false,
        alwaysExact: false,
        intactAt: 100 + count,
        exactSentAt: after(NOW, -20 * (count - at)),
        provedUntil: after(NOW, 60_000),
        provedEveryMs: 500,
      },
    ]),
  );
}

const HOLD_FOR_MS = 4000;
const beatAt = (listed: Map<string, Listed>, now = NOW) => proving(listed, ON, now, HOLD_FOR_MS);

const groupsOf = (claims: readonly { group: string }[]): string[] =>
  claims.map(({ group }) => group).toSorted();

await t.test('a single claim is always compared itself', (t) => {
  const portions = beatAt(taken(1));
  t.equal(portions.length, 1);
  t.match(portions[0], { exact: [{ group: 'g0' }], ranged: [], newestRecord: undefined });
  t.end();
});

await t.test('without a claim a beat compares nothing but itself', (t) => {
  const empty = [{ exact: [], ranged: [], newestRecord: undefined }];
  t.strictSame(beatAt(new Map()), empty);
  t.strictSame(provingExactly(new Map(), ON), empty);
  t.end();
});

await t.test('what is listed but not taken is not proved', (t) => {
  const listed = taken(2);
  listed.get('g1')!.recordRevision = undefined;
  t.strictSame(groupsOf(beatAt(listed)[0]!.exact), ['g0']);
  t.strictSame(groupsOf(provingExactly(listed, ON)[0]!.exact), ['g0']);
  t.end();
});

await t.test('over another heartbeat key than its taking left, nothing is proved', (t) => {
  const listed = taken(3);
  listed.get('g1')!.takenOn = ON + 1;
  listed.get('g2')!.takenOn = undefined;
  t.strictSame(groupsOf(provingExactly(listed, ON)[0]!.exact), ['g0']);
  t.strictSame(groupsOf(beatAt(listed)[0]!.exact), ['g0']);
  t.strictSame(provingExactly(listed, ON + 2)[0]!.exact, []);
  t.strictSame(provingExactly(listed, undefined)[0]!.exact, []);
  t.end();
});

await t.test('every claim is compared itself once in ten beats', (t) => {
  for (const count of [2, 10, 11, 100]) {
    const listed = taken(count);
    const compared: string[] = [];
    let most = 0;
    for (let beat = 0; beat < 10; beat += 1) {
      const now = after(NOW, 500 * beat);
      const [portion, ...more] = beatAt(listed, now);
      t.strictSame(more, [], 'one transaction');
      const { exact, ranged, newestRecord } = portion!;
      t.equal(newestRecord, 100 + count);
      t.equal(new Set(groupsOf([...exact, ...ranged])).size, count, 'each is proved somehow');
      most = Math.max(most, exact.length);
      for (const { group } of exact) {
        compared.push(group);
        listed.get(group)!.exactSentAt = now;
      }
    }
    t.equal(new Set(compared).size, count, `${count} groups`);
    t.equal(most, Math.ceil(count / 10), `${count} groups: so many in each beat`);
  }
  t.end();
});

await t.test('a taking makes the others be compared themselves once', (t) => {
  const listed = taken(10);
  listed.get('g4')!.recordRevision = 500;
  listed.get('g4')!.intactAt = 500;
  const [portion] = beatAt(listed);
  t.strictSame(
    groupsOf(portion!.ranged),
    ['g4'],
    'whose record is newer than what is known of them',
  );
  t.equal(portion!.newestRecord, 500);
  for (const each of listed.values()) each.intactAt = 501;
  t.equal(beatAt(listed)[0]!.exact.length, 1);
  t.end();
});

await t.test('where others stand in the election, the key is compared in every beat', (t) => {
  const listed = new Map(
    [...taken(10)].map(([n, each]) => [n, { ...each, alwaysExact: n === 'g9' }]),
  );
  t.ok(groupsOf(beatAt(listed)[0]!.exact).includes('g9'));
  t.end();
});

await t.test('claims whose last exact proof is old are compared at once', (t) => {
  const listed = taken(10);
  for (const name of ['g2', 'g3', 'g4']) listed.get(name)!.exactSentAt = after(NOW, -6001);
  t.strictSame(groupsOf(beatAt(listed)[0]!.exact), ['g2', 'g3', 'g4']);
  t.end();
});

await t.test('the cap of a ranged proof never shortens what a beat promises', (t) => {
  for (const [holdForMs, roomMs] of [
    [4000, 6000],
    [7000, 3000],
    [LONGEST_HOLD_FOR_MS, 0],
  ] as const) {
    const listed = taken(10);
    for (const [at, each] of [...listed.values()].entries()) {
      each.exactSentAt = after(NOW, -700 * (at + 1));
    }
    const [portion] = proving(listed, ON, NOW, holdForMs);
    for (const { group } of portion!.ranged) {
      const { exactSentAt } = listed.get(group)!;
      t.ok(exactSentAt >= after(NOW, -roomMs), `${holdForMs} ms: ${group}`);
    }
    const within = Math.min(Math.floor(roomMs / 700), 9);
    t.equal(portion!.ranged.length, within, 'all others by the range');
  }
  t.end();
});

await t.test('a right that has run out is compared itself', (t) => {
  const listed = taken(10);
  listed.get('g7')!.provedUntil = NOW;
  t.strictSame(groupsOf(beatAt(listed)[0]!.exact), ['g0', 'g7']);
  t.end();
});

await t.test('what does not fit one transaction is compared in portions', (t) => {
  const listed = taken(MAX_EXACT_CLAIMS + 1);
  for (const each of listed.values()) each.exactSentAt = 0 as Instant;
  const portions = beatAt(listed);
  t.strictSame(portions, provingExactly(listed, ON));
  t.strictSame(
    portions.map(({ exact, ranged }) => [exact.length, ranged.length]),
    [
      [MAX_EXACT_CLAIMS, 0],
      [1, 0],
    ],
  );
  t.end();
});

await t.test(
  'a ranged proof reaches no further than the longest promise after the exact one',
  (t) => {
    const each = taken(1).get('g0')!;
    t.equal(rangedUntil(each), after(each.exactSentAt, LONGEST_HOLD_FOR_MS));
    t.end();
  },
);
