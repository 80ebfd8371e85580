// Looking at directories of the kinds that there are.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { seeDirectory } from '../../src/check/look.ts';
import { ramDirectory } from '../fixtures/hosts.ts';
import { inNamespace } from '../fixtures/namespace.ts';

await inNamespace(t, import.meta.url, async () => {
  await t.test('one that is there, with its mode, on a tmpfs or not', async (t) => {
    const ram = ramDirectory(t, 'look');
    chmodSync(ram, 0o750);
    const seen = seeDirectory(ram);
    t.match(seen, { path: ram, nearest: ram, volatile: true, found: { isDirectory: true } });
    t.equal((seen.found?.mode ?? 0) & 0o777, 0o750);
    t.notOk('denied' in seen);
    t.match(seeDirectory(t.testdir({})), { volatile: false, found: { isDirectory: true } });
  });

  await t.test('one that is missing: the nearest above it decides', async (t) => {
    const ram = ramDirectory(t, 'look');
    const seen = seeDirectory(join(ram, 'a', 'b'));
    t.same(seen, { path: join(ram, 'a', 'b'), nearest: ram, volatile: true });
  });

  await t.test('a file in its place or above it, and a link to a directory', async (t) => {
    const ram = ramDirectory(t, 'look');
    const file = join(ram, 'file');
    writeFileSync(file, '');
    t.match(seeDirectory(file), { found: { isDirectory: false } });
    t.match(seeDirectory(join(file, 'run')), { nearest: file, denied: `${file} is no directory` });
    mkdirSync(join(ram, 'real'));
    symlinkSync('real', join(ram, 'link'));
    t.match(seeDirectory(join(ram, 'link')), { found: { isDirectory: true } });
  });

  await t.test('where nobody may write', async (t) => {
    // Root may write everywhere else.
    const frozen = ramDirectory(t, 'frozen');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'frozen', frozen]);
    t.teardown(() => execFileSync('umount', [frozen]));
    t.match(seeDirectory(join(frozen, 'run')), { nearest: frozen, denied: /^EROFS/ });
  });
});
