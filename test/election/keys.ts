import * as fc from 'fast-check';
import t from 'tap';
import { candidateKey, isOurLease, Keys, newLeaseId } from '../../src/election/keys.ts';

await t.test('every key is where protocol.md says', (t) => {
  const keys = new Keys('/vip-elector');
  t.equal(keys.node('n1'), '/vip-elector/nodes/n1');
  t.equal(keys.facts('n1'), '/vip-elector/facts/n1');
  t.equal(keys.holder('api'), '/vip-elector/holders/api');
  t.equal(keys.history('api'), '/vip-elector/history/api');
  t.equal(keys.election('api'), '/vip-elector/elections/api');
  t.equal(keys.election('api', '/kube-vip/api'), '/kube-vip/api');
  t.equal(candidateKey('/e', '2b2646000000001f'), '/e/2b2646000000001f');
  t.end();
});

await t.test(
  '[H8] our leases carry the tag in their top 24 of 63 bits, whatever is random',
  (t) => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (random) => {
        const lease = newLeaseId(random);
        const id = BigInt(`0x${lease}`);
        return (
          isOurLease(lease) &&
          lease === id.toString(16) &&
          id > 0n &&
          id < 1n << 63n &&
          id >> 39n === 0x56_45_4cn &&
          (id & ((1n << 39n) - 1n)) === (random & ((1n << 39n) - 1n))
        );
      }),
    );
    t.end();
  },
);

await t.test('[H8] a lease without the tag is foreign, and so is no lease at all', (t) => {
  const ours = BigInt(`0x${newLeaseId(0n)}`);
  t.notOk(isOurLease('0'));
  t.notOk(isOurLease('1'));
  t.notOk(isOurLease('7fffffffffffffff'));
  t.notOk(isOurLease((ours - 1n).toString(16)), 'the tag below');
  t.notOk(isOurLease((ours + (1n << 39n)).toString(16)), 'the tag above');
  t.ok(isOurLease((ours + (1n << 39n) - 1n).toString(16)));
  t.end();
});

await t.test('an election outside the prefix is one where foreigners are expected', (t) => {
  const keys = new Keys('/vip-elector');
  t.notOk(keys.isForeignElection(undefined));
  t.notOk(keys.isForeignElection('/vip-elector/elections/other'));
  t.ok(keys.isForeignElection('/vip-elector-2/elections/api'));
  t.ok(keys.isForeignElection('talos:v1:vip'));
  t.end();
});
