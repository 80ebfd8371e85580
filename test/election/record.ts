import * as fc from 'fast-check';
import t from 'tap';
import { decodeRecord, encodeRecord, foreignRecord, sameToken } from '../../src/election/record.ts';
import { candidate, recordOf } from '../fixtures/situation.ts';

await t.test('a record survives being written and read', (t) => {
  for (const state of ['held', 'released', 'deposed', 'foreign'] as const) {
    const record = recordOf(candidate('a', 7), { state });
    t.strictSame(decodeRecord(encodeRecord(record)), { ...record });
  }
  t.end();
});

await t.test("[H8] a foreign candidate's value may be of any length", (t) => {
  const record = foreignRecord(candidate('a', 7), 'x'.repeat(600), 'b', 0);
  t.match(decodeRecord(encodeRecord(record)), { state: 'foreign', node: 'x'.repeat(512) });
  t.end();
});

await t.test('[H5] what is no record is unknown, never half understood', (t) => {
  const good = JSON.parse(encodeRecord(recordOf(candidate('a', 7)))) as Record<string, unknown>;
  const bad: [string, unknown][] = [
    ['state', 'free'],
    ['token', { key: 'k' }],
    ['token', { key: 'k', createRevision: 0 }],
    ['token', { key: '', createRevision: 7 }],
    ['ceilingMs', -1],
    ['ceilingMs', 1e9],
    ['ceilingMs', '4000'],
    ['ceilingMs', undefined],
    ['fenceLatencyMs', undefined],
    ['seq', -1],
    ['identity', undefined],
    ['bootId', null],
  ];
  for (const [field, value] of bad) {
    t.equal(
      decodeRecord(JSON.stringify({ ...good, [field]: value })),
      undefined,
      `${field}: ${String(value)}`,
    );
  }
  for (const text of ['', 'null', '[]', '{}', '{"state":"released"}', 'released']) {
    t.equal(decodeRecord(text), undefined, text);
  }
  fc.assert(fc.property(fc.string(), (text) => decodeRecord(text) === undefined));
  fc.assert(
    fc.property(fc.jsonValue(), (value) => decodeRecord(JSON.stringify(value)) === undefined),
  );
  t.end();
});

await t.test('a token is its key and its create revision together', (t) => {
  t.ok(sameToken({ key: 'k', createRevision: 1 }, { key: 'k', createRevision: 1 }));
  t.notOk(sameToken({ key: 'k', createRevision: 1 }, { key: 'k', createRevision: 2 }));
  t.notOk(sameToken({ key: 'k', createRevision: 1 }, { key: 'l', createRevision: 1 }));
  t.end();
});
