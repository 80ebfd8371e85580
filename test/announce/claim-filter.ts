// The program as bytes; that the kernel takes it and heeds it is shown by neighbourhood.ts.
import t from 'tap';
import { claimFilter } from '../../src/announce/claim-filter.ts';

await t.test('it loads the sender, compares it with each address, and drops the rest', (t) => {
  const program = Buffer.from(claimFilter(4, ['10.0.0.100'])).toString('hex');
  // ld [28]; jeq 10.0.0.100, 0, 1; ret 65535; ret 0
  t.equal(
    program,
    '20000000' +
      '1c000000' +
      '15000001' +
      '6400000a' +
      '06000000' +
      'ffff0000' +
      '06000000' +
      '00000000',
  );
  t.end();
});

await t.test('IPv6: what is no claim is dropped before the target is compared', (t) => {
  const program = Buffer.from(claimFilter(6, ['fd00:77::6400:a'])).toString('hex');
  const kernel = [
    '3000000014000000', // ldb [20]: next header
    '150001003a000000', // jeq icmpv6, 1, 0
    '0600000000000000', // ret 0
    '3000000036000000', // ldb [54]: type
    '1500050088000000', // jeq advertisement, 5, 0
    '1500010087000000', // jeq solicitation, 1, 0
    '0600000000000000', // ret 0
    '2000000016000000', // ld [22]: source
    '1500010000000000', // jeq 0, 1, 0
    '0600000000000000', // ret 0
    '200000004a000000', // ld [74]: the target's last bytes
    '150000010a000064', // jeq 6400:000a, 0, 1
    '06000000ffff0000', // ret 65535
    '0600000000000000', // ret 0
  ];
  t.strictSame(program.match(/.{16}/g), kernel);
  t.end();
});

await t.test('more addresses than the kernel takes instructions for: everything', (t) => {
  const many = Array.from({ length: 2041 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
  t.equal(claimFilter(4, many.slice(1)).length / 8, 4082);
  t.ok(
    claimFilter(
      6,
      many.slice(1).map((each) => `::ffff:${each}`),
    ).length /
      8 <=
      4096,
  );
  for (const family of [4, 6] as const) {
    t.equal(Buffer.from(claimFilter(family, many)).toString('hex'), '06000000ffff0000');
  }
  t.end();
});
