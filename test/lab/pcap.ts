import t from 'tap';
import { pcapFile } from '../../src/lab/pcap.ts';

await t.test('frames with their times, byte for byte', async (t) => {
  const file = pcapFile([
    { at: 1_500.25, frame: 'ffff' },
    { at: 2_000, frame: '010203' },
  ]);
  t.equal(
    file.toString('hex'),
    [
      ['4d3cb2a1', '0200', '0400', '00000000', '00000000', 'ffff0000', '01000000'],
      ['01000000', '9035d11d', '02000000', '02000000', 'ffff'],
      ['02000000', '00000000', '03000000', '03000000', '010203'],
    ]
      .flat()
      .join(''),
  );
});
