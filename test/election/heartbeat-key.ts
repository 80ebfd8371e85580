// The key that beats are written to, when it is not as the last beat left it.
import t from 'tap';
import { encodeBeat } from '../../src/election/beat.ts';
import { NEVER, startHearts, take } from '../fixtures/heart.ts';
import { Latch } from '../fixtures/latch.ts';
import { beatOf, leaseOf } from '../fixtures/situation.ts';

const heart = await startHearts(t);

await t.test(
  'rule 2: another node’s writing under our name is told, ours of an earlier lease is not',
  async (t) => {
    const { heartbeat, self, hand, keys } = heart();
    await hand.put(keys.node('s'), encodeBeat(beatOf('s', { identity: 'other' })), leaseOf('x'));
    t.match(await heartbeat.beat(self, NEVER), { nameTaken: { lease: leaseOf('x') } });
    await hand.put(
      keys.node('s'),
      encodeBeat(beatOf('s', { seq: 0, identity: self.identity, bootId: self.bootId })),
      leaseOf('x'),
    );
    t.match(await heartbeat.beat(self, NEVER), { nameTaken: undefined, lost: [] });
    t.strictSame(heartbeat.key.ground, {
      kind: 'earlier',
      lease: leaseOf('x'),
      created: (await hand.get(keys.node('s')))?.createRevision,
    });
    await heartbeat.beat(self, NEVER);
    t.equal((await hand.get(keys.node('s')))?.lease, self.lease);
  },
);

await t.test('rule 2: our own life’s beat is not written over by another boot’s', async (t) => {
  const { heartbeat, self, hand, keys } = heart();
  const value = encodeBeat(beatOf('s', { seq: 0, identity: self.identity, bootId: 'earlier' }));
  await hand.put(keys.node('s'), value, leaseOf('x'));
  t.match(await heartbeat.beat(self, NEVER), { nameTaken: { value } });
});

await t.test('a heartbeat key that vanished is written anew, and proves nothing', async (t) => {
  const made = heart();
  const { heartbeat, self, hand, keys, proofs } = made;
  const [g] = await take(made, 'g');
  await hand.delete(keys.node('s'));
  t.match(await heartbeat.beat(self, NEVER), { anew: true, lost: [] });
  t.equal(await hand.get(keys.node('s')), undefined);
  t.notOk(heartbeat.key.proves(g!));
  await heartbeat.beat(self, NEVER);
  t.ok(await hand.get(keys.node('s')));
  await heartbeat.beat(self, NEVER);
  t.strictSame(proofs, [], 'others may have missed it all the time');
  t.notOk(heartbeat.key.proves(g!));
});

await t.test('nor does one that somebody took off its lease', async (t) => {
  const made = heart();
  const { heartbeat, self, hand, keys, proofs } = made;
  const [g] = await take(made, 'g');
  const stored = await hand.get(keys.node('s'));
  await hand.put(keys.node('s'), stored?.value ?? '');
  t.match(await heartbeat.beat(self, NEVER), { anew: true, nameTaken: undefined });
  await heartbeat.beat(self, NEVER);
  t.equal((await hand.get(keys.node('s')))?.lease, self.lease);
  await heartbeat.beat(self, NEVER);
  t.strictSame(proofs, []);
  t.notOk(heartbeat.key.proves(g!));
});

await t.test('nor does one that a late duplicate of ours put back', async (t) => {
  const made = heart();
  const { heartbeat, self, hand, keys, proofs } = made;
  await take(made, 'g');
  const stored = await hand.get(keys.node('s'));
  await hand.delete(keys.node('s'));
  await hand.put(keys.node('s'), stored?.value ?? '', self.lease);
  t.match(await heartbeat.beat(self, NEVER), { anew: true, lost: [], regressed: undefined });
  await heartbeat.beat(self, NEVER);
  t.strictSame(proofs, []);
});

await t.test('what a late answer says of the key before it was put anew is nothing', async (t) => {
  const { heartbeat, self, hand, keys, store } = heart();
  await heartbeat.beat(self, NEVER);
  await hand.delete(keys.node('s'));
  const answered = new Latch();
  store.onTxn = async (_txn, send) => {
    store.onTxn = (_next, go) => go();
    const reply = await send();
    await answered.opened;
    return reply;
  };
  const late = heartbeat.beat(self, NEVER);
  await heartbeat.beat(self, NEVER);
  await heartbeat.beat(self, NEVER);
  const { ground } = heartbeat.key;
  t.match(ground, { kind: 'own' });
  answered.open();
  await late;
  t.equal(heartbeat.key.ground, ground);
});

await t.test(
  'rule 16: an etcd that has lost a confirmed beat is told, whatever its revision',
  async (t) => {
    const { heartbeat, self, hand, keys } = heart();
    await heartbeat.beat(self, NEVER);
    const stored = await hand.get(keys.node('s'));
    // As if a later beat had been confirmed before the restore.
    const created = stored?.createRevision ?? 0;
    const revision = (stored?.modRevision ?? 0) + 1;
    heartbeat.key.standsAt({ kind: 'own', lease: self.lease, created, revision });
    const { regressed } = await heartbeat.beat(self, NEVER);
    t.match(regressed, `is there as of ${stored?.modRevision}`);
    t.strictSame(await hand.get(keys.node('s')), stored, 'nothing is written over it');
  },
);
