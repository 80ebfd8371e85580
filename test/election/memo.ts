import t from 'tap';
import { memoised } from '../../src/election/memo.ts';

function counted(kept: number) {
  const decoded: string[] = [];
  const decode = memoised((text) => {
    decoded.push(text);
    return text === 'none' ? undefined : { text };
  }, kept);
  return { decode, decoded };
}

await t.test('a text is decoded once while it is among the last', (t) => {
  const { decode, decoded } = counted(2);
  const first = decode('a');
  t.strictSame(first, { text: 'a' });
  t.equal(decode('a'), first);
  decode('b');
  decode('c');
  t.equal(decode('a'), first);
  t.strictSame(decoded, ['a', 'b', 'c']);
  t.end();
});

await t.test('what was asked for long ago is forgotten', (t) => {
  const { decode, decoded } = counted(2);
  for (const text of ['a', 'b', 'c', 'd', 'e', 'a']) decode(text);
  t.strictSame(decoded, ['a', 'b', 'c', 'd', 'e', 'a']);
  t.end();
});

await t.test('a text beyond all measure is not kept', (t) => {
  const { decode, decoded } = counted(2);
  const long = 'x'.repeat(2049);
  decode(long);
  decode(long);
  t.equal(decoded.length, 2);
  t.end();
});

await t.test('what is nothing stays so', (t) => {
  const { decode } = counted(2);
  t.equal(decode('none'), undefined);
  t.equal(decode('none'), undefined);
  t.end();
});
