// The program as bytes; that the kernel takes it and heeds it is shown by neighbourhood.ts.
import t from 'tap';
import { claimFilter } from '../../src/announce/claim-filter.ts';

await t.test('it loads the sender, compares it with each address, and drops the rest', (t) => {
  const program = Buffer.from(claimFilter(['10.0.0.100'])).toString('hex');
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

await t.test('more addresses than the kernel takes instructions for: everything', (t) => {
  const many = Array.from({ length: 2047 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
  t.equal(claimFilter(many.slice(1)).length / 8, 4094, 'at most 4096');
  t.equal(Buffer.from(claimFilter(many)).toString('hex'), '06000000ffff0000');
  t.end();
});
