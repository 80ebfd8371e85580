import t from 'tap';
import { ago, duration, moment, painter, plain, seconds, table } from '../../src/cli/text.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

await t.test('columns are aligned by what is seen, not by the colour codes', async (t) => {
  const rows = [
    ['A', 'B'],
    [['long', 'red'], 'x'],
    ['s', ['yy', 'green']],
  ] as const;
  t.same(table(rows, painter(false)), ['A     B', 'long  x', 's     yy']);
  t.same(table(rows, painter(true)), [
    '\u001b[1mA   \u001b[0m  \u001b[1mB\u001b[0m',
    '\u001b[31mlong\u001b[0m  x',
    's     \u001b[32myy\u001b[0m',
  ]);
});

await t.test('durations show their two largest units', async (t) => {
  t.equal(duration(0), '0 s');
  t.equal(duration(999), '0 s');
  t.equal(duration(59_999), '59 s');
  t.equal(duration(MINUTE), '1 min');
  t.equal(duration(3 * HOUR + 12 * MINUTE + 5 * SECOND), '3 h 12 min');
  t.equal(duration(24 * HOUR + 59 * MINUTE), '1 d');
  t.equal(duration(400 * 24 * HOUR), '400 d');
  t.equal(seconds(3449), '3.4 s');
});

await t.test('a moment is shown in UTC, and how long ago', async (t) => {
  const then = Date.UTC(2026, 10, 21, 8, 55, 12, 300);
  t.equal(moment(then), '2026-11-21 08:55:12 UTC');
  t.equal(moment(Number.NaN), 'unknown time');
  t.equal(moment(1e300), 'unknown time');
  t.equal(ago(then, then + 2 * HOUR), '2 h ago');
  t.equal(ago(then, then + 300), 'just now');
  t.equal(ago(then, then - 1500), 'just now');
  t.equal(ago(then, then - 5 * MINUTE), '5 min ahead: clocks differ');
  t.equal(ago(Number.NaN, then), 'unknown');
});

await t.test('text of others cannot steer the terminal and has an end', async (t) => {
  t.equal(plain('n1 \u001b[31mred\r\n\u202Ex'), 'n1 ?[31mred???x');
  t.equal(plain('öl'), 'öl');
  t.equal(plain('x'.repeat(64)), 'x'.repeat(64));
  t.equal(plain('x'.repeat(65)), `${'x'.repeat(63)}…`);
});
