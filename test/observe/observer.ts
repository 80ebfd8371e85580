import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import { Observer, type Answers } from '../../src/observe/observer.ts';
import type { StatusReport } from '../../src/observe/status.ts';
import { SOME_FENCE, someConfig } from '../fixtures/config.ts';

const STATUS: StatusReport = {
  node: 'n1',
  version: '1.2.3',
  uptimeMs: 5,
  etcd: { endpoints: [], connected: false, holdForMs: null, slackMs: null },
  fence: SOME_FENCE,
  groups: [],
};

/** Not t.testdir(): its path is longer than the name of a socket may be. */
function directory(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'vip-elector-'));
  t.teardown(() => rmSync(path, { recursive: true }));
  return path;
}

/** The path of a module, as its importer has to write it. */
function file(name: string): string {
  return JSON.stringify(fileURLToPath(new URL(name, import.meta.url)));
}

/** GET over TCP or a unix socket. */
function get(where: { port?: number; socketPath?: string }, path: string) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const call = request({ host: '127.0.0.1', ...where, path }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    call.on('error', reject);
    call.end();
  });
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function started(t: Test, listen: boolean) {
  const runtimeDir = directory(t);
  const port = await freePort();
  const config = someConfig({
    runtimeDir,
    listen: listen ? { host: '127.0.0.1', port } : 'off',
  });
  const observer = new Observer(config, '1.2.3', systemClock);
  const known = { ok: true, detail: 'the control loop turns', slackMs: 1500 };
  const answers: Answers = {
    status: () => STATUS,
    health: () => ({ ok: known.ok, detail: known.detail }),
    slackMs: () => known.slackMs,
    readCluster: () => Promise.reject(new Error('etcd does not answer')),
  };
  const stop = new AbortController();
  await observer.start(answers, stop.signal);
  t.teardown(() => observer.stop());
  return { observer, known, port, socketPath: join(runtimeDir, 'control.sock') };
}

await t.test('status is answered over TCP and over the control socket', async (t) => {
  const { port, socketPath, observer } = await started(t, true);
  for (const where of [{ port }, { socketPath }]) {
    const { status, body } = await get(where, '/status');
    t.equal(status, 200);
    t.strictSame(JSON.parse(body), STATUS);
  }
  t.equal(observer.version, '1.2.3');
});

await t.test('an event reaches the metrics and the board that readyz asks', async (t) => {
  const { port, observer } = await started(t, true);
  t.match(await get({ port }, '/readyz'), { status: 503, body: /not connected yet/ });
  observer.record({ type: 'etcd-connected', connected: true });
  t.match(await get({ port }, '/readyz'), { status: 200, body: /etcd answers/ });
  t.equal(observer.etcd.connected, true);
  const { body } = await get({ port }, '/metrics');
  t.match(body, /^vip_elector_etcd_connected 1$/m);
  t.match(body, /^vip_elector_build_info\{.*version="1\.2\.3".*\} 1$/m);
  observer.record({ type: 'etcd-connected', connected: false, err: 'no endpoint serves' });
  t.match(await get({ port }, '/readyz'), { status: 503, body: /no endpoint serves/ });
});

await t.test('healthz and the slack are asked for anew each time', async (t) => {
  const { port, known } = await started(t, true);
  t.match(await get({ port }, '/metrics'), { body: /^vip_elector_hold_slack_seconds\S* 1\.5$/m });
  t.match(await get({ port }, '/healthz'), { status: 200 });
  Object.assign(known, { ok: false, detail: 'stuck', slackMs: 250 });
  t.match(await get({ port }, '/healthz'), { status: 503, body: /stuck/ });
  t.match(await get({ port }, '/metrics'), { body: /^vip_elector_hold_slack_seconds\S* 0\.25$/m });
});

await t.test('with listening off there is the control socket alone', async (t) => {
  const { port, socketPath } = await started(t, false);
  t.match(await get({ socketPath }, '/status'), { status: 200 });
  await t.rejects(get({ port }, '/status'), { code: 'ECONNREFUSED' });
});

await t.test('a port that is taken does not keep it from answering elsewhere', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const runtimeDir = directory(t);
  const config = someConfig({ runtimeDir, listen: { host: '127.0.0.1', port } });
  const observer = new Observer(config, '1.2.3', systemClock);
  const answers: Answers = {
    status: () => STATUS,
    health: () => ({ ok: true, detail: '' }),
    slackMs: () => undefined,
    readCluster: () => Promise.reject(new Error('etcd does not answer')),
  };
  await observer.start(answers, new AbortController().signal);
  t.match(await get({ socketPath: join(runtimeDir, 'control.sock') }, '/status'), { status: 200 });
  await observer.stop();
});

await t.test('stopped, nothing answers, nothing is left, and again is well', async (t) => {
  const { observer, port, socketPath } = await started(t, true);
  await observer.stop();
  await t.rejects(get({ port }, '/status'), { code: 'ECONNREFUSED' });
  t.equal(existsSync(socketPath), false);
  await observer.stop();
  const unused = new Observer(someConfig(), '1.2.3', systemClock);
  await unused.stop();
});

await t.test('an event is a line on stdout', async (t) => {
  const program =
    `import { Observer } from ${file('../../src/observe/observer.ts')};` +
    `import { SOME_FENCE, someConfig } from ${file('../fixtures/config.ts')};` +
    `import { systemClock } from ${file('../../src/clock.ts')};` +
    'const observer = new Observer(someConfig({ logLevel: "info" }), "1.2.3", systemClock);' +
    'observer.record({ type: "started", version: "1.2.3", node: "n1" });' +
    'observer.record({ type: "loop-lag", lagMs: 1 });';
  const args = [...process.execArgv, '--input-type=module', '-e', program];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const lines = stdout.trim().split('\n');
  t.equal(lines.length, 1, 'info and no debug');
  t.match(JSON.parse(lines[0] ?? '{}'), { level: 'info', node: 'n1', version: '1.2.3' });
});

await t.test('the page is served, and its events tell of a transition', async (t) => {
  const { port, observer } = await started(t, true);
  t.match(await get({ port }, '/'), { status: 200, body: /^<!doctype html>/ });
  observer.record({
    type: 'transition',
    group: 'api',
    from: 'following',
    to: 'faulted',
    reason: 'link-down',
    detail: 'no carrier on end0',
  });
  const call = request({ host: '127.0.0.1', port, path: '/events' }).end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  t.equal(response.headers['content-type'], 'text/event-stream');
  let heard = '';
  response.on('data', (piece: Buffer) => (heard += piece.toString()));
  while (!/event: slack\ndata: .*\n/.test(heard)) await once(response, 'data');
  t.match(heard, /event: picture\ndata: .*"what":"following → faulted"/);
  call.destroy();
});
