import * as fc from 'fast-check';
import t from 'tap';
import { beatPrefix, claims, decodeBeat, encodeBeat, tokenMark } from '../../src/election/beat.ts';
import { beatOf } from '../fixtures/situation.ts';

const seq = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

await t.test('rule 2: values compare by bytes as their sequences do by number', (t) => {
  fc.assert(
    fc.property(seq, seq, (one, other) => {
      const stored = Buffer.from(encodeBeat(beatOf('a', { seq: one })));
      const prefix = Buffer.from(beatPrefix(other));
      // What etcd's `value < prefix` says of the stored beat.
      return Buffer.compare(stored, prefix) < 0 === one < other;
    }),
  );
  t.end();
});

await t.test('rule 2: an equal sequence is overtaken, too', (t) => {
  const stored = Buffer.from(encodeBeat(beatOf('a', { seq: 7 })));
  t.equal(Buffer.compare(stored, Buffer.from(beatPrefix(7))), 1);
  t.end();
});

await t.test('every beat begins with its fixed-width prefix, as protocol.md shows it', (t) => {
  t.equal(beatPrefix(0x1f4a2c), '{"seq":"00000000001f4a2c"');
  t.match(encodeBeat(beatOf('a', { seq: 0x1f4a2c })), /^\{"seq":"00000000001f4a2c","v":1,/);
  t.end();
});

await t.test('a beat survives being written and read', (t) => {
  const beat = beatOf('a', { seq: 42, tokens: [tokenMark('g', 7), tokenMark('h', 7)] });
  t.strictSame(decodeBeat(encodeBeat(beat)), beat);
  t.end();
});

await t.test('with 100 tokens a beat has at most 512 bytes and claims everything', (t) => {
  const tokens = Array.from({ length: 100 }, (_, at) =>
    tokenMark(`group-${at}`, 1_000_000_000_000),
  );
  const value = encodeBeat(
    beatOf('a', {
      seq: Number.MAX_SAFE_INTEGER,
      identity: 'f'.repeat(32),
      bootId: 'b'.repeat(36),
      tokens,
    }),
  );
  t.ok(Buffer.byteLength(value) <= 512, `${Buffer.byteLength(value)} bytes`);
  const beat = decodeBeat(value);
  t.equal(beat?.tokens, 'all');
  t.ok(beat !== undefined && claims(beat, 'anything', 1));
  t.end();
});

await t.test('rule 6: a beat claims the tokens that it lists and no others', (t) => {
  const beat = beatOf('a', { tokens: [tokenMark('g', 7)] });
  t.ok(claims(beat, 'g', 7));
  t.notOk(claims(beat, 'g', 8), 'another create revision');
  t.notOk(claims(beat, 'h', 7), 'another group of the same transaction');
  t.notOk(claims(beatOf('a', { tokens: [] }), 'g', 7));
  t.end();
});

await t.test('what is no beat is refused', (t) => {
  const good = JSON.parse(encodeBeat(beatOf('a'))) as Record<string, unknown>;
  t.ok(decodeBeat(JSON.stringify(good)));
  const bad: [string, unknown][] = [
    ['seq', '1f'],
    ['seq', '00000000001F4A2C'],
    ['seq', 'ffffffffffffffff'],
    ['seq', 7],
    ['v', 2],
    ['v', undefined],
    ['identity', ''],
    ['bootId', undefined],
    ['lease', 'xyz'],
    ['holdForMs', -1],
    ['holdForMs', 0.5],
    ['holdForMs', 86_400_001],
    ['fenceLatencyMs', null],
    ['nextBeatWithinMs', '1'],
    ['tokens', 'none'],
    ['tokens', [1]],
    ['tokens', undefined],
  ];
  for (const [field, value] of bad) {
    const text = JSON.stringify({ ...good, [field]: value });
    t.equal(decodeBeat(text), undefined, `${field}: ${String(value)}`);
  }
  t.equal(decodeBeat(`${' '.repeat(512)}${JSON.stringify(good)}`), undefined, 'too long');
  fc.assert(fc.property(fc.string(), (text) => decodeBeat(text) === undefined));
  fc.assert(
    fc.property(fc.jsonValue(), (value) => decodeBeat(JSON.stringify(value)) === undefined),
  );
  t.end();
});

await t.test('no single changed byte makes a beat unreadable by an exception', (t) => {
  const value = encodeBeat(beatOf('a', { tokens: [tokenMark('g', 7)] }));
  fc.assert(
    fc.property(fc.nat(value.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, char) => {
      decodeBeat(value.slice(0, at) + char + value.slice(at + 1));
    }),
  );
  t.end();
});
