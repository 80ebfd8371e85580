import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { tellDaemon } from '../../src/cli/control-client.ts';
import { ControlSocket } from '../../src/observe/control-socket.ts';
import { REPORT } from '../fixtures/http-server.ts';

/** Debian's `nobody`. */
const NOBODY = 65_534;

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'vip-elector-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

await t.test('no daemon: where it was looked for, and what to do', async (t) => {
  const runtimeDir = directory();
  await t.rejects(tellDaemon(runtimeDir, 'drain'), {
    name: 'OperatorError',
    exitCode: 1,
    message: `no vip-elector runs here (nobody listens at ${join(runtimeDir, 'control.sock')}): run this command on a node with a daemon, or give its --runtime-dir`,
  });
});

await t.test('a socket that is another user’s: exit 4, as whom to run it', async (t) => {
  const runtimeDir = directory();
  chmodSync(runtimeDir, 0o755);
  const socket = new ControlSocket({ runtimeDir, status: () => REPORT, emit: () => undefined });
  await socket.start(new AbortController().signal);
  t.teardown(() => socket.stop());
  const { seteuid } = process;
  if (seteuid === undefined || process.getuid?.() !== 0) throw new Error('run this test as root');
  seteuid(NOBODY);
  try {
    await t.rejects(tellDaemon(runtimeDir, 'handover'), {
      name: 'PrivilegeError',
      exitCode: 4,
      message: `${join(runtimeDir, 'control.sock')} may not be used by this user: run "vip-elector handover" as root, or as the user of the daemon`,
    });
  } finally {
    seteuid(0);
  }
});
