import t from 'tap';
import { encodeBeat } from '../../src/election/beat.ts';
import { lossesOf, NOTHING, together, writerOf } from '../../src/election/finding.ts';
import { encodeRecord } from '../../src/election/record.ts';
import type { KeyValue } from '../../src/election/store.ts';
import { beatOf, candidate, leaseOf, recordOf } from '../fixtures/situation.ts';

const self = { node: 's', identity: 'identity-s', bootId: 'boot', lease: leaseOf('s') };
const kv = (value: string, lease: string, parts: Partial<KeyValue> = {}): KeyValue => ({
  key: 'k',
  value,
  createRevision: 20,
  modRevision: 50,
  lease,
  ...parts,
});

/** A reply whose first result is of the heartbeat, the rest of keys and records in turn. */
const reply = (...found: (KeyValue | undefined)[]) => ({
  succeeded: false,
  header: { clusterId: '1', revision: 99 },
  results: [undefined, ...found].map((each) => ({
    kvs: each === undefined ? [] : [each],
    count: 0,
  })),
});

await t.test('rule 2: who wrote the heartbeat under our name', (t) => {
  const earlier = leaseOf('e');
  t.strictSame(writerOf(self, undefined), { kind: 'nobody' });
  t.strictSame(writerOf(self, kv('whatever', self.lease)), { kind: 'own', revision: 50 });
  const ours = kv(encodeBeat(beatOf('s')), earlier);
  t.strictSame(writerOf(self, ours), { kind: 'earlier', lease: earlier });
  for (const value of [
    encodeBeat(beatOf('s', { identity: 'another' })),
    encodeBeat(beatOf('s', { bootId: 'another' })),
    'no beat',
  ]) {
    t.match(writerOf(self, kv(value, earlier)), { kind: 'other', kv: { value } });
  }
  t.end();
});

await t.test('rule 3: key and record of each claim tell whether it stands', (t) => {
  const own = candidate('s', 20);
  const claims = ['g', 'h'].map((group) => ({ group, token: own, recordRevision: 50 }));
  const key = kv('s', self.lease);
  const record = kv(encodeRecord(recordOf(own)), '0');
  t.strictSame(lossesOf(reply(key, record, key, record), claims), []);
  t.match(lossesOf(reply(key, record, undefined, record), claims), [
    { claim: { group: 'h' }, reason: 'lease-lost' },
  ]);
  t.match(lossesOf(reply(key, undefined, key, { ...record, modRevision: 51 }), claims), [
    { claim: { group: 'g' }, reason: 'deposed', detail: /nothing by nobody/ },
    { claim: { group: 'h' }, reason: 'deposed', detail: /held by s/ },
  ]);
  t.end();
});

await t.test('findings of several transactions are one', (t) => {
  t.strictSame(together([NOTHING, NOTHING]), NOTHING);
  const found = { ...NOTHING, regressed: 'back', again: true };
  t.strictSame(together([NOTHING, found]), found);
  t.end();
});
