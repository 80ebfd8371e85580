import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DrainFile } from '../../src/runtime/drain-file.ts';

await t.test('the mark is there until it is removed, also for the next daemon', async (t) => {
  const directory = join(t.testdir(), 'lib', 'vip-elector');
  const file = new DrainFile(directory);
  t.equal(file.isThere, false, 'a directory that is missing holds no mark');
  file.put();
  file.put();
  t.ok(new DrainFile(directory).isThere);
  t.match(readFileSync(file.path, 'utf8'), /undrain/, 'who finds it is told what it is');
  t.equal(statSync(file.path).mode & 0o777, 0o600);
  t.equal(statSync(directory).mode & 0o777, 0o700);
  file.remove();
  file.remove();
  t.equal(new DrainFile(directory).isThere, false);
});

await t.test('a place that cannot be written is an error with its code', async (t) => {
  const directory = join(t.testdir({ file: '' }), 'file');
  t.throws(() => new DrainFile(directory).put(), { code: 'EEXIST' });
  t.throws(() => new DrainFile(join(directory, 'below')).put(), { code: 'ENOTDIR' });
});
