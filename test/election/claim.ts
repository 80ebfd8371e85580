import t from 'tap';
import { standingOf } from '../../src/election/claim.ts';
import { unknownRecord } from '../../src/election/record.ts';
import { candidate, recordOf } from '../fixtures/situation.ts';

const own = candidate('s', 20);
const claim = { group: 'g', token: own, recordRevision: 50 };

await t.test('a claim stands when key and record are as its taking left them', (t) => {
  t.equal(standingOf(claim, 20, 50, recordOf(own)), 'stands');
  t.equal(standingOf(claim, 20, 50, undefined), 'stands', 'whatever the record can be read as');
  t.end();
});

await t.test('a changed record says who ended the hold', (t) => {
  const record = recordOf(own, { state: 'deposed', by: 'b' });
  t.strictSame(standingOf(claim, undefined, 60, record), {
    claim,
    reason: 'deposed',
    detail: 'the record says deposed by b',
  });
  t.match(standingOf(claim, undefined, 0, undefined), {
    detail: 'the record says nothing by nobody',
  });
  t.match(standingOf(claim, 20, 60, record), { reason: 'deposed' }, 'whatever the key');
  t.end();
});

await t.test('while the key stands, a record that names nobody else is written anew', (t) => {
  for (const record of [undefined, unknownRecord(own, 'b', 0), recordOf(own, { seq: 1000 })]) {
    t.equal(standingOf(claim, 20, 60, record), 'anew', `${record?.state}`);
    t.match(standingOf(claim, 21, 60, record), { reason: 'deposed' }, 'another by the same name');
  }
  const another = recordOf(candidate('b', 30));
  t.match(standingOf(claim, 20, 60, another), { detail: 'the record says held by b' });
  t.end();
});

await t.test('a key that is gone, or is another by the same name, ends the hold', (t) => {
  for (const revision of [undefined, 21]) {
    t.match(standingOf(claim, revision, 50, recordOf(own)), {
      reason: 'lease-lost',
      detail: 'the candidate key is gone',
    });
  }
  t.end();
});
