import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ExitCode, OperatorError } from '../../src/errors.ts';
import { lockRuntimeDirectory } from '../../src/runtime/directory.ts';

await t.test('the directory is made, with its parents, for root alone', async (t) => {
  const before = process.umask(0);
  t.teardown(() => process.umask(before));
  const directory = join(t.testdir(), 'run', 'vip-elector');
  lockRuntimeDirectory(directory);
  t.equal(statSync(directory).mode & 0o777, 0o700);
  t.equal(statSync(join(directory, 'lock')).mode & 0o777, 0o600);
});

await t.test('who comes second is refused, and told what to do', async (t) => {
  const directory = t.testdir();
  lockRuntimeDirectory(directory);
  t.throws(() => lockRuntimeDirectory(directory), {
    name: 'OperatorError',
    message: `another vip-elector uses ${directory}: one daemon a host; give it more groups instead, or stop it first`,
  });
  t.doesNotThrow(() => lockRuntimeDirectory(join(directory, 'other')), 'another one is free');
});

await t.test('the lock ends with the process that has it, however that ends', async (t) => {
  const directory = t.testdir();
  const module = fileURLToPath(new URL('../../src/runtime/directory.ts', import.meta.url));
  const program =
    `import { lockRuntimeDirectory } from ${JSON.stringify(module)};` +
    `lockRuntimeDirectory(${JSON.stringify(directory)}); console.log("locked"); process.stdin.resume();`;
  const args = [...process.execArgv, '--input-type=module', '-e', program];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  t.throws(() => lockRuntimeDirectory(directory), OperatorError);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  t.doesNotThrow(() => lockRuntimeDirectory(directory));
});

await t.test('a directory that cannot be had is an error for the operator', async (t) => {
  const directory = join(t.testdir({ taken: 'a file' }), 'taken');
  try {
    lockRuntimeDirectory(directory);
    t.fail('refused');
  } catch (error) {
    t.ok(error instanceof OperatorError);
    t.equal((error as OperatorError).exitCode, ExitCode.failed);
    t.match(
      (error as OperatorError).message,
      /cannot use the runtime directory .*EEXIST.*--runtime-dir/,
    );
    t.ok((error as OperatorError).cause);
  }
});
