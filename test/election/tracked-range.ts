import * as fc from 'fast-check';
import t from 'tap';
import type { KeyValue, OperationResult } from '../../src/election/store.ts';
import { TrackedRange } from '../../src/election/tracked-range.ts';

const kv = (key: string, modRevision: number, createRevision = modRevision): KeyValue => ({
  key,
  value: '',
  createRevision,
  modRevision,
  lease: '0',
});

/** What etcd answers to a read of a range with these keys. */
function answer(range: TrackedRange, keys: readonly KeyValue[]): OperationResult {
  const read = range.read();
  const since = read.op === 'range' ? (read.minModRevision ?? 0) : 0;
  return { kvs: keys.filter((each) => each.modRevision >= since), count: keys.length };
}

await t.test('the first read is full, the next asks for what has changed since', (t) => {
  const range = new TrackedRange('p/');
  t.strictSame(range.read(), { op: 'range', key: 'p/', prefix: true });
  t.ok(range.apply(answer(range, [kv('p/a', 3)]), undefined, 10));
  t.strictSame(range.read(), { op: 'range', key: 'p/', prefix: true, minModRevision: 11 });
  t.equal(range.revision, 10);
  t.end();
});

await t.test('a key that came and one that changed are taken in', (t) => {
  const range = new TrackedRange('p/');
  range.apply(answer(range, [kv('p/a', 3), kv('p/b', 4)]), undefined, 10);
  const keys = [kv('p/a', 12, 3), kv('p/b', 4), kv('p/c', 11)];
  t.ok(range.apply(answer(range, keys), 10, 12));
  t.equal(range.get('p/a')?.modRevision, 12);
  t.strictSame(
    range.under('p/').map(({ key }) => key),
    ['p/a', 'p/b', 'p/c'],
  );
  t.end();
});

await t.test('a deleted key makes the picture incomplete, even when another came', (t) => {
  for (const keys of [[kv('p/a', 3)], [kv('p/a', 3), kv('p/c', 11)]]) {
    const range = new TrackedRange('p/');
    range.apply(answer(range, [kv('p/a', 3), kv('p/b', 4)]), undefined, 10);
    t.notOk(range.apply(answer(range, keys), 10, 12));
    t.equal(range.revision, undefined, 'so the next read is full');
    t.ok(range.apply(answer(range, keys), undefined, 12));
    t.equal(range.get('p/b'), undefined);
  }
  t.end();
});

await t.test('an answer to an older question is not taken for a picture', (t) => {
  const range = new TrackedRange('p/');
  range.apply(answer(range, [kv('p/a', 3)]), undefined, 10);
  range.apply(answer(range, [kv('p/a', 3)]), 10, 12);
  t.notOk(range.apply({ kvs: [], count: 1 }, 10, 11));
  t.equal(range.revision, undefined);
  t.end();
});

await t.test('keys are ordered by their creation and found by prefix', (t) => {
  const range = new TrackedRange('p/');
  const keys = [kv('p/g/b', 9, 2), kv('p/h/x', 3), kv('p/g/a', 5, 5)];
  range.apply(answer(range, keys), undefined, 10);
  t.strictSame(
    range.under('p/g/').map(({ key }) => key),
    ['p/g/b', 'p/g/a'],
  );
  range.forget();
  t.strictSame(range.under('p/'), []);
  t.equal(range.revision, undefined);
  t.end();
});

await t.test('after any history a complete picture is what etcd has', (t) => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), put: fc.boolean() });
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 12 }), (rounds) => {
      const range = new TrackedRange('p/');
      const truth = new Map<string, KeyValue>();
      let revision = 1;
      for (const steps of rounds) {
        for (const { key, put } of steps) {
          revision += 1;
          const known = truth.get(key);
          if (put) truth.set(key, kv(`p/${key}`, revision, known?.createRevision ?? revision));
          else truth.delete(key);
        }
        const keys = [...truth.values()];
        if (!range.apply(answer(range, keys), range.revision, revision)) {
          if (!range.apply(answer(range, keys), range.revision, revision)) return false;
        }
        const seen = range.under('p/').map((each) => `${each.key}@${each.modRevision}`);
        const real = keys
          .toSorted((one, other) => one.createRevision - other.createRevision)
          .map((each) => `${each.key}@${each.modRevision}`);
        if (seen.join() !== real.join()) return false;
      }
      return true;
    }),
  );
  t.end();
});

await t.test('two keys that decode alike are a complete picture all the same', (t) => {
  // No UTF-8, not ours: 0xfe and 0xff both become U+FFFD.
  const range = new TrackedRange('p/');
  const alike = [kv('p/\ufffd', 3), kv('p/\ufffd', 4)];
  t.ok(range.apply(answer(range, [kv('p/a', 2), ...alike]), undefined, 10));
  t.equal(range.get('p/a')?.modRevision, 2);
  const grown = [kv('p/a', 12, 2), ...alike, kv('p/b', 11)];
  t.ok(range.apply(answer(range, grown), 10, 12), 'and so is what comes after');
  t.equal(range.get('p/a')?.modRevision, 12);
  const shrunk = grown.filter(({ key }) => key !== 'p/b');
  t.notOk(range.apply(answer(range, shrunk), 12, 13), 'a deletion is seen as before');
  t.ok(range.apply(answer(range, shrunk), undefined, 13));
  t.equal(range.get('p/b'), undefined);
  const [one] = alike;
  const single = [kv('p/a', 12, 2), one!];
  t.notOk(range.apply(answer(range, single), 13, 14), 'also when it is one of the two');
  t.ok(range.apply(answer(range, single), undefined, 14), 'and is counted anew');
  t.ok(range.apply(answer(range, [...single, kv('p/c', 15)]), 14, 15));
  t.end();
});
