import t from 'tap';
import { isNamedHolder, ownCandidate, standingHolder } from '../../src/election/situation.ts';
import { candidate, recordOf, situation } from '../fixtures/situation.ts';

await t.test('our own candidate is the one on our lease, whatever its value says', (t) => {
  const own = { ...candidate('s', 11), node: 'other name' };
  const other = { ...candidate('a', 10), node: 's' };
  t.equal(ownCandidate(situation({ queue: [other, own] })), own);
  t.equal(ownCandidate(situation({ queue: [other] })), undefined);
  t.end();
});

await t.test('only a held record names a holder, and by key and create revision', (t) => {
  const a = candidate('a', 10);
  t.ok(isNamedHolder(situation({ record: recordOf(a) }), a));
  t.notOk(isNamedHolder(situation({ record: recordOf(a) }), candidate('a', 11)));
  t.notOk(isNamedHolder(situation({ record: recordOf(a) }), candidate('b', 10)));
  for (const state of ['released', 'deposed', 'foreign'] as const) {
    t.notOk(isNamedHolder(situation({ record: recordOf(a, { state }) }), a), state);
  }
  t.notOk(isNamedHolder(situation(), a), 'no record');
  t.end();
});

await t.test('the holder stands as long as its key does', (t) => {
  const [a, b] = [candidate('a', 10), candidate('b', 11)];
  t.equal(standingHolder(situation({ queue: [a, b], record: recordOf(a) })), a);
  t.equal(standingHolder(situation({ queue: [b], record: recordOf(a) })), undefined);
  t.end();
});
