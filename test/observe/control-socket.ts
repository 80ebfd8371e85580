import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import type { ElectorEvent } from '../../src/events.ts';
import { ControlSocket } from '../../src/observe/control-socket.ts';
import { jsonReply, type Routes } from '../../src/observe/routes.ts';
import type { StatusReport } from '../../src/observe/status.ts';
import { SOME_FENCE } from '../fixtures/config.ts';

const REPORT: StatusReport = {
  node: 'n1',
  version: '1',
  uptimeMs: 5,
  etcd: { endpoints: [], connected: true, holdForMs: 4000, slackMs: 3000 },
  fence: SOME_FENCE,
  groups: [],
};

/** Not t.testdir(): its path is longer than the name of a socket may be. */
function directory(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'vip-elector-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

async function started(
  t: Test,
  runtimeDir: string,
  routes?: Routes,
): Promise<{ socket: ControlSocket; events: ElectorEvent[] }> {
  const events: ElectorEvent[] = [];
  const socket = new ControlSocket({
    runtimeDir,
    status: () => REPORT,
    emit: (event) => void events.push(event),
    ...(routes === undefined ? {} : { routes }),
  });
  t.teardown(() => socket.stop());
  await socket.start(new AbortController().signal);
  return { socket, events };
}

async function ask(
  socketPath: string,
  path: string,
  method = 'GET',
): Promise<{ status: number | undefined; body: string }> {
  const asked = request({ socketPath, path, method, agent: false });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}

await t.test('it serves the status to its owner alone', async (t) => {
  const dir = directory(t);
  const umask = process.umask();
  const { socket, events } = await started(t, dir);
  t.same(events, [{ type: 'listening', listen: join(dir, 'control.sock') }]);
  t.equal(statSync(socket.path).mode & 0o777, 0o600);
  t.equal(process.umask(), umask, 'the umask is as before');
  const { status, body } = await ask(socket.path, '/status');
  t.equal(status, 200);
  t.same(JSON.parse(body), REPORT);
  t.equal((await ask(socket.path, '/metrics')).status, 404);
});

await t.test('calls that change something are a table of their own', async (t) => {
  const calls: string[] = [];
  const { socket } = await started(t, directory(t), {
    '/drain': {
      POST: () => {
        calls.push('drain');
        return jsonReply(202, {});
      },
    },
  });
  t.equal((await ask(socket.path, '/drain')).status, 405);
  t.equal((await ask(socket.path, '/drain', 'POST')).status, 202);
  t.equal((await ask(socket.path, '/status')).status, 200);
  t.same(calls, ['drain']);
});

await t.test('a socket that a dead daemon left is replaced', async (t) => {
  const dir = directory(t);
  const path = join(dir, 'control.sock');
  // Moved away and back around the end of its server, which would remove it.
  const dead = createServer().listen(path);
  await once(dead, 'listening');
  renameSync(path, `${path}.kept`);
  dead.close();
  await once(dead, 'close');
  renameSync(`${path}.kept`, path);
  const { events } = await started(t, dir);
  t.match(events, [{ type: 'listening' }]);
  t.equal((await ask(path, '/status')).status, 200);
});

await t.test('what is no socket is left alone and told of', async (t) => {
  const dir = directory(t);
  const path = join(dir, 'control.sock');
  writeFileSync(path, 'precious');
  const { socket, events } = await started(t, dir);
  t.match(events, [{ type: 'listen-failed', listen: path, err: { message: /no socket/ } }]);
  await socket.stop();
  t.ok(existsSync(path));
});

await t.test('a path that the kernel cannot take whole is refused, not cut off', async (t) => {
  const { events } = await started(t, join(directory(t), 'x'.repeat(120)));
  t.match(events, [{ type: 'listen-failed', err: { message: /longer than 107 bytes/ } }]);
});

await t.test('a missing directory is an event', async (t) => {
  const { events } = await started(t, join(directory(t), 'missing'));
  t.match(events, [{ type: 'listen-failed', err: Error }]);
});

await t.test('stopping removes the socket, twice is once', async (t) => {
  const { socket } = await started(t, directory(t));
  await Promise.all([socket.stop(), socket.stop()]);
  t.notOk(existsSync(socket.path));
  await socket.stop();
});
