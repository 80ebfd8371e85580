import t from 'tap';
import { judgeDirectory, type DirectorySeen } from '../../src/check/runtime-directory.ts';

const path = '/run/vip-elector';
const S_IFDIR = 0o040000;
const there = (mode: number, over: Partial<DirectorySeen> = {}): DirectorySeen => ({
  path,
  nearest: path,
  volatile: true,
  found: { isDirectory: true, mode: S_IFDIR | mode },
  ...over,
});
const missing = { path, nearest: '/run', volatile: true };

await t.test('a directory of our own in memory is well, and so is one to be made', async (t) => {
  t.match(judgeDirectory(there(0o700)), [{ verdict: 'ok', detail: `${path}, gone with a boot` }]);
  t.match(judgeDirectory(missing), [{ verdict: 'ok', detail: `${path} will be made in /run` }]);
});

await t.test('who else may read it is a warning, who else may write it a failure', async (t) => {
  t.match(judgeDirectory(there(0o755)), [
    { verdict: 'warn', detail: /mode 0755: others can look/, remedy: `chmod 0700 ${path}` },
  ]);
  for (const mode of [0o770, 0o777, 0o702]) {
    t.match(judgeDirectory(there(mode)), [{ verdict: 'fail', remedy: /^chmod 0700/ }]);
  }
});

await t.test('one that outlives a boot is a warning, beside others', async (t) => {
  const found = judgeDirectory(there(0o750, { volatile: false }));
  t.match(found, [
    { verdict: 'warn', detail: /mode/ },
    { verdict: 'warn', detail: /a boot/ },
  ]);
  t.match(judgeDirectory({ ...missing, volatile: false }), [{ verdict: 'warn', remedy: /tmpfs/ }]);
});

await t.test('one that cannot be used fails', async (t) => {
  const file = { isDirectory: false, mode: 0o600 };
  t.match(judgeDirectory({ ...missing, found: file }), [
    { verdict: 'fail', detail: /no directory/ },
  ]);
  const denied = 'EACCES: permission denied';
  t.match(judgeDirectory({ ...missing, denied }), [
    { verdict: 'fail', detail: `${path} cannot be made: ${denied}`, remedy: /--runtime-dir/ },
  ]);
  t.match(judgeDirectory(there(0o700, { denied })), [{ detail: /is not writable: EACCES/ }]);
});
