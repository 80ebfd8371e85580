import t from 'tap';
import { lossOf } from '../../src/election/claim.ts';
import { candidate, recordOf } from '../fixtures/situation.ts';

const own = candidate('s', 20);
const claim = { group: 'g', token: own, recordRevision: 50 };

await t.test('a claim stands when key and record are as its taking left them', (t) => {
  t.equal(lossOf(claim, 20, 50, recordOf(own)), undefined);
  t.equal(lossOf(claim, 20, 50, undefined), undefined, 'whatever the record can be read as');
  t.end();
});

await t.test('a changed record says who ended the hold', (t) => {
  const record = recordOf(own, { state: 'deposed', by: 'b' });
  t.strictSame(lossOf(claim, undefined, 60, record), {
    claim,
    reason: 'deposed',
    detail: 'the record says deposed by b',
  });
  t.match(lossOf(claim, 20, 0, undefined), { detail: 'the record says nothing by nobody' });
  t.end();
});

await t.test('a key that is gone, or is another by the same name, ends the hold', (t) => {
  for (const revision of [undefined, 21]) {
    t.match(lossOf(claim, revision, 50, recordOf(own)), {
      reason: 'lease-lost',
      detail: 'the candidate key is gone',
    });
  }
  t.end();
});
