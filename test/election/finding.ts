import t from 'tap';
import { encodeBeat } from '../../src/election/beat.ts';
import { NOTHING, standingsOf, together, writerOf } from '../../src/election/finding.ts';
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
  t.strictSame(writerOf(self, undefined), { kind: 'absent' });
  t.strictSame(writerOf(self, kv('whatever', self.lease)), {
    kind: 'own',
    lease: self.lease,
    created: 20,
    revision: 50,
  });
  const ours = kv(encodeBeat(beatOf('s')), earlier);
  t.strictSame(writerOf(self, ours), { kind: 'earlier', lease: earlier, created: 20 });
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
  t.strictSame(standingsOf(reply(key, record, key, record), claims), ['stands', 'stands']);
  t.match(standingsOf(reply(key, record, undefined, record), claims), [
    'stands',
    { claim: { group: 'h' }, reason: 'lease-lost' },
  ]);
  const taken = kv(encodeRecord(recordOf(candidate('b', 30))), '0', { modRevision: 51 });
  t.match(standingsOf(reply(key, undefined, key, taken), claims), [
    'anew',
    { claim: { group: 'h' }, reason: 'deposed', detail: /held by b/ },
  ]);
  t.end();
});

await t.test('findings of several transactions are one', (t) => {
  t.strictSame(together([NOTHING, NOTHING]), NOTHING);
  const found = { ...NOTHING, regressed: 'back', again: true, anew: true };
  t.strictSame(together([NOTHING, found]), found);
  t.end();
});
