import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import t from 'tap';
import { ExitCode, OperatorError, PrivilegeError } from '../../src/errors.ts';
import { checkPrerequisites } from '../../src/lab/prerequisites.ts';
import { inNamespace } from '../fixtures/namespace.ts';

const where = (program: string): string =>
  execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();

/** Runs with nothing but these programs on the path. */
async function withPath(dir: string, check: () => Promise<void>): Promise<void> {
  const before = process.env['PATH'];
  process.env['PATH'] = dir;
  try {
    await check();
  } finally {
    process.env['PATH'] = before;
  }
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('with all in place there is nothing to say, and nothing is left', async (t) => {
    await checkPrerequisites('abcd', 'etcd');
    t.equal(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).trim(), 'self');
  });

  await t.test('not root: says so, exit 4', async (t) => {
    const { geteuid } = process;
    if (geteuid === undefined) throw new Error('not Linux');
    process.geteuid = () => 1000;
    t.teardown(() => {
      process.geteuid = geteuid;
    });
    await t.rejects(checkPrerequisites('abcd', 'etcd'), {
      exitCode: ExitCode.missingPrivilege,
      message: /needs root/,
    });
  });

  await t.test('no etcd: names the package', async (t) => {
    const dir = t.testdir();
    symlinkSync(where('ip'), join(dir, 'ip'));
    await withPath(dir, async () => {
      await t.rejects(checkPrerequisites('abcd', 'etcd'), { message: /package etcd-server/ });
      await t.resolves(checkPrerequisites('abcd', undefined), 'a lab without etcd needs none');
    });
  });

  await t.test('no ip: names the package', async (t) => {
    const dir = t.testdir();
    await withPath(dir, async () => {
      const refused = checkPrerequisites('abcd', undefined);
      await t.rejects(refused, OperatorError);
      await t.rejects(refused, { message: /package iproute2/ });
    });
  });

  await t.test('no network namespaces: says what refused, and what helps', async (t) => {
    const dir = t.testdir();
    const fake = join(dir, 'ip');
    writeFileSync(fake, '#!/bin/sh\necho "mount failed: Operation not permitted" >&2\nexit 1\n');
    chmodSync(fake, 0o755);
    await withPath(dir, async () => {
      const refused = checkPrerequisites('abcd', undefined);
      await t.rejects(refused, PrivilegeError);
      await t.rejects(refused, { message: /container.*Operation not permitted/ });
    });
  });
});
