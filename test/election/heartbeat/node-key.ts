// The key that beats are written to, when it is not as the last beat left it.
import t from 'tap';
import { encodeBeat } from '../../../src/election/beat.ts';
import { NEVER, startHearts } from '../../fixtures/heart.ts';
import { beatOf, leaseOf } from '../../fixtures/situation.ts';

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
    t.strictSame(heartbeat.ground, { kind: 'earlier', lease: leaseOf('x') });
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

await t.test('a heartbeat key that vanished is written again by the next beat', async (t) => {
  const { heartbeat, self, hand, keys } = heart();
  await heartbeat.beat(self, NEVER);
  await hand.delete(keys.node('s'));
  await heartbeat.beat(self, NEVER);
  t.equal(await hand.get(keys.node('s')), undefined);
  await heartbeat.beat(self, NEVER);
  t.ok(await hand.get(keys.node('s')));
});

await t.test(
  'rule 16: an etcd that has lost a confirmed beat is told, whatever its revision',
  async (t) => {
    const { heartbeat, self, hand, keys } = heart();
    await heartbeat.beat(self, NEVER);
    const stored = await hand.get(keys.node('s'));
    // As if a later beat had been confirmed before the restore.
    heartbeat.standsAt(self.lease, (stored?.modRevision ?? 0) + 1);
    const { regressed } = await heartbeat.beat(self, NEVER);
    t.match(regressed, `is there as of ${stored?.modRevision}`);
    t.strictSame(await hand.get(keys.node('s')), stored, 'nothing is written over it');
  },
);
