import t from 'tap';
import * as fc from 'fast-check';
import { covers, median, overlapMs, union } from '../../src/lab/spans.ts';

await t.test('overlap counts the time with two, once, however many there are', async (t) => {
  t.equal(overlapMs([]), 0);
  t.equal(overlapMs([[{ from: 0, to: 10 }]]), 0);
  t.equal(overlapMs([[{ from: 0, to: 10 }], [{ from: 10, to: 20 }]]), 0, 'ends are excluded');
  t.equal(overlapMs([[{ from: 0, to: 10 }], [{ from: 4, to: 6 }]]), 2);
  const three = [[{ from: 0, to: 10 }], [{ from: 4, to: 6 }], [{ from: 5, to: 9 }]];
  t.equal(overlapMs(three), 5);
  const twice = [
    { from: 0, to: 10 },
    { from: 2, to: 12 },
  ];
  t.equal(overlapMs([twice]), 0, 'spans of one track are one holder');
});

await t.test('overlap agrees with counting every moment', async () => {
  const span = fc
    .tuple(fc.nat({ max: 50 }), fc.nat({ max: 20 }))
    .map(([from, length]) => ({ from, to: from + length }));
  const tracks = fc.array(fc.array(span, { maxLength: 4 }), { maxLength: 4 });
  fc.assert(
    fc.property(tracks, (tracks) => {
      let count = 0;
      for (let at = 0; at < 80; at += 1) {
        if (tracks.filter((spans) => covers(spans, at)).length >= 2) count += 1;
      }
      return overlapMs(tracks) === count;
    }),
  );
});

await t.test('a union is in order and does not touch itself', async (t) => {
  t.same(
    union([
      { from: 5, to: 7 },
      { from: 0, to: 5 },
      { from: 9, to: 9.5 },
    ]),
    [
      { from: 0, to: 7 },
      { from: 9, to: 9.5 },
    ],
  );
});

await t.test('the median of an even number is the mean of the middle two', async (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 2, 3]), 2.5);
  t.ok(Number.isNaN(median([])));
});
