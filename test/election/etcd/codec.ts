import t from 'tap';
import { assert, bigInt, property, string } from 'fast-check';
import {
  leaseFromDecimal,
  leaseToDecimal,
  prefixEnd,
  revisionFrom,
} from '../../../src/election/etcd/codec.ts';
import { isOurLease, newLeaseId } from '../../../src/election/keys.ts';

await t.test('lease IDs keep all of their 63 bits, and look like Go prints them', async (t) => {
  t.equal(leaseToDecimal('7fffffffffffffff'), '9223372036854775807');
  t.equal(leaseFromDecimal('9223372036854775807'), '7fffffffffffffff');
  t.equal(leaseFromDecimal('0'), '0');
  assert(
    property(
      bigInt(0n, 2n ** 63n - 1n),
      (id) => leaseToDecimal(leaseFromDecimal(String(id))) === String(id),
    ),
  );
});

await t.test('a revision that a number cannot hold is refused', async (t) => {
  t.equal(revisionFrom('9007199254740991'), Number.MAX_SAFE_INTEGER);
  t.throws(() => revisionFrom('9007199254740993'), RangeError);
  t.throws(() => revisionFrom('x'), RangeError);
});

await t.test('the end of a prefix is above all of its keys and below the rest', async (t) => {
  t.strictSame(prefixEnd('a/'), Buffer.from('a0'));
  t.strictSame(prefixEnd(''), Buffer.from([0]), 'to the end of all keys');
  assert(
    property(string({ minLength: 1 }), string(), (prefix, rest) => {
      const end = prefixEnd(prefix);
      return Buffer.compare(Buffer.from(prefix + rest), end) < 0;
    }),
  );
});

await t.test('a negative lease ID, which etcd grants too, is its two’s complement', async (t) => {
  t.equal(leaseFromDecimal('-77'), 'ffffffffffffffb3');
  t.equal(leaseToDecimal('ffffffffffffffb3'), '-77');
  t.equal(leaseFromDecimal('-9223372036854775808'), '8000000000000000');
  t.equal(isOurLease(leaseFromDecimal('-77')), false);
  assert(
    property(bigInt(-(2n ** 63n), -1n), (id) => {
      const lease = leaseFromDecimal(String(id));
      return leaseToDecimal(lease) === String(id) && !isOurLease(lease);
    }),
  );
  // Our tag below the sign does not make it ours.
  const tagged = BigInt.asIntN(64, BigInt(`0x${newLeaseId(5n)}`) | (1n << 63n));
  t.ok(tagged < 0n);
  t.equal(isOurLease(leaseFromDecimal(String(tagged))), false);
});
