import * as fc from 'fast-check';
import t from 'tap';
import { formatDuration, parseDuration } from '../../src/config/duration.ts';

await t.test('durations are whole milliseconds of a number with a unit', async (t) => {
  t.same(parseDuration('5s'), { value: 5000 });
  t.same(parseDuration('300ms'), { value: 300 });
  t.same(parseDuration('1m'), { value: 60_000 });
  t.same(parseDuration('1.001s'), { value: 1001 });
});

await t.test('a bare number is refused with what it may have meant', async (t) => {
  t.match(parseDuration('5'), { problem: /without a unit/, remedy: /5s, 5ms or 5m/ });
});

await t.test('nothing else is a duration', async (t) => {
  for (const text of ['', 's', '-5s', '5 s', '5h', '5S', '1e3s', '1.5ms', 'Infinitys', '5s ']) {
    t.match(parseDuration(text), { problem: String, remedy: String }, JSON.stringify(text));
  }
});

await t.test('what is formatted reads back as the same', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), (ms) => {
      const outcome = parseDuration(formatDuration(ms));
      return 'value' in outcome && outcome.value === ms;
    }),
  );
});
