import { EventEmitter, once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { systemClock } from '../../src/clock.ts';
import type { ElectorEvent } from '../../src/events.ts';
import { HttpServer, type HttpServerParts } from '../../src/observe/http.ts';
import type { StatusReport } from '../../src/observe/status.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

const REPORT: StatusReport = {
  node: 'n1',
  version: '1',
  uptimeMs: 5,
  etcd: { endpoints: [], connected: true, holdForMs: 4000, slackMs: null },
  groups: [],
};

interface Started {
  readonly server: HttpServer;
  readonly events: ElectorEvent[];
  readonly port: number;
}

async function started(
  t: Test,
  over: Partial<HttpServerParts> = {},
  signal = new AbortController().signal,
): Promise<Started> {
  const events: ElectorEvent[] = [];
  const server = new HttpServer({
    listen: { host: '127.0.0.1', port: 0 },
    metrics: { text: () => Promise.resolve('a 1\n'), contentType: 'text/plain; version=0.0.4' },
    status: () => REPORT,
    health: () => ({ ok: true, detail: 'beats are confirmed' }),
    ready: () => ({ ok: false, detail: 'no carrier on end0' }),
    emit: (event) => void events.push(event),
    clock: systemClock,
    ...over,
  });
  t.teardown(() => server.stop());
  await server.start(signal);
  return { server, events, port: server.port ?? 0 };
}

/** Resolves when the connection is closed; a reset is as good an end. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket
      .on('error', () => undefined)
      .once('close', () => resolve())
      .resume();
  });
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function ask(port: number, path: string, method = 'GET'): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port, path, method, agent: false });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

await t.test('metrics, status and probes are served', async (t) => {
  const { port, events } = await started(t);
  t.same(events, [{ type: 'listening', listen: `127.0.0.1:${port}` }]);
  const metrics = await ask(port, '/metrics');
  t.equal(metrics.status, 200);
  t.equal(metrics.headers['content-type'], 'text/plain; version=0.0.4');
  t.equal(metrics.body, 'a 1\n');
  const status = await ask(port, '/status?pretty');
  t.equal(status.status, 200);
  t.equal(status.headers['content-type'], 'application/json');
  t.same(JSON.parse(status.body), REPORT);
  const health = await ask(port, '/healthz');
  t.equal(health.status, 200);
  t.same(JSON.parse(health.body), { ok: true, detail: 'beats are confirmed' });
  const ready = await ask(port, '/readyz');
  t.equal(ready.status, 503);
  t.same(JSON.parse(ready.body), { ok: false, detail: 'no carrier on end0' });
});

await t.test('answers are not cached, not sniffed, and end their connection', async (t) => {
  const { port } = await started(t);
  for (const path of ['/status', '/nothing']) {
    t.match((await ask(port, path)).headers, {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    });
  }
});

await t.test('HEAD is GET without the body, other methods are refused', async (t) => {
  const { port } = await started(t);
  const head = await ask(port, '/metrics', 'HEAD');
  t.match(head, { status: 200, body: '', headers: { 'content-length': '4' } });
  for (const method of ['POST', 'DELETE', 'PUT', 'OPTIONS']) {
    t.match(await ask(port, '/status', method), { status: 405, headers: { allow: 'GET, HEAD' } });
  }
});

await t.test('every other path is not found', async (t) => {
  const { port } = await started(t);
  for (const path of ['/', '/metrics/', '/__proto__', '/toString', '/%2e%2e/status', '//status']) {
    t.equal((await ask(port, path)).status, 404, path);
  }
});

await t.test('what throws is a 500, and the server goes on', async (t) => {
  const { port } = await started(t, {
    status: () => {
      throw new Error('no such group');
    },
    metrics: { text: () => Promise.reject(new Error('twice')), contentType: 'text/plain' },
  });
  t.match(await ask(port, '/status'), { status: 500, body: '{"error":"no such group"}\n' });
  t.match(await ask(port, '/metrics'), { status: 500 });
  t.equal((await ask(port, '/healthz')).status, 200);
});

/** Somebody else listens; resolves with the port and the way to free it. */
async function squat(t: Test): Promise<{ port: number; leave: () => Promise<unknown> }> {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.teardown(() => other.close());
  const address = other.address();
  const leave = (): Promise<unknown> => {
    const left = once(other, 'close');
    other.close();
    return left;
  };
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, leave };
}

/** Shows the waits that begin. */
class ShownClock extends VirtualClock {
  readonly waits: number[] = [];
  readonly #begun = new EventEmitter();

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.waits.push(ms);
    const slept = super.sleep(ms, signal);
    this.#begun.emit('wait');
    return slept;
  }

  /** Resolves when so many waits have begun. */
  async begun(count: number): Promise<void> {
    while (this.waits.length < count) await once(this.#begun, 'wait');
  }
}

await t.test('a port that is taken is an event, not an error', async (t) => {
  const { port } = await squat(t);
  const { server, events } = await started(t, { listen: { host: '127.0.0.1', port } });
  t.match(events, [
    { type: 'listen-failed', listen: `127.0.0.1:${port}`, err: { code: 'EADDRINUSE' } },
  ]);
  await server.stop();
});

await t.test('it is asked for ever more seldom, and used when it is free', async (t) => {
  const { port, leave } = await squat(t);
  const clock = new ShownClock();
  const listening = new EventEmitter();
  const events: ElectorEvent[] = [];
  const emit = (event: ElectorEvent): void => {
    events.push(event);
    listening.emit(event.type);
  };
  await started(t, { listen: { host: '127.0.0.1', port }, clock, emit });
  const waits = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
  for (const [index, ms] of waits.entries()) {
    await clock.begun(index + 1);
    if (index + 1 < waits.length) await clock.advance(ms);
  }
  t.strictSame(clock.waits, waits);
  t.match(events, [{ type: 'listen-failed' }]);
  t.equal(events.length, 1, 'said once');
  await leave();
  const up = once(listening, 'listening');
  await clock.advance(29_999);
  t.equal(events.length, 1, 'not before its time');
  await clock.advance(1);
  await up;
  t.strictSame(events.slice(1), [{ type: 'listening', listen: `127.0.0.1:${port}` }], 'said once');
  t.equal((await ask(port, '/healthz')).status, 200);
  t.equal(clock.pending, 0, 'and no more tries');
});

await t.test('stopped or aborted, it asks no more', async (t) => {
  for (const how of ['stop', 'signal'] as const) {
    const { port, leave } = await squat(t);
    const clock = new ShownClock();
    const running = new AbortController();
    const { server, events } = await started(
      t,
      { listen: { host: '127.0.0.1', port }, clock },
      running.signal,
    );
    t.equal(clock.pending, 1);
    if (how === 'signal') running.abort(new Error('the daemon stops'));
    await server.stop();
    t.equal(clock.pending, 0, how);
    await leave();
    await clock.advance(60_000);
    t.equal(events.length, 1);
    await t.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
  }
});

await t.test('an address or port that cannot be is an event as well', async (t) => {
  for (const listen of [
    { host: '192.0.2.1', port: 0 },
    { host: '127.0.0.1', port: 70_000 },
  ]) {
    const { events } = await started(t, { listen });
    t.match(events, [{ type: 'listen-failed' }]);
  }
});

await t.test('IPv6 is shown in brackets', async (t) => {
  const { port, events } = await started(t, { listen: { host: '::1', port: 0 } });
  t.same(events, [{ type: 'listening', listen: `[::1]:${port}` }]);
});

// The bound is far below the idle timeout: only closing at once is in time.
await t.test('stopping closes open connections, twice is once', { timeout: 5000 }, async (t) => {
  const requests = new EventEmitter();
  const metrics = {
    text: () => {
      requests.emit('asked');
      return new Promise<string>(() => undefined);
    },
    contentType: 'text/plain',
  };
  const { server, port } = await started(t, { metrics });
  const asked = once(requests, 'asked');
  const waiting = connect(port, '127.0.0.1');
  const closed = ended(waiting);
  waiting.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
  await asked;
  await Promise.all([server.stop(), server.stop()]);
  await closed;
  await server.stop();
  const late = connect(port, '127.0.0.1');
  await t.rejects(once(late, 'connect'), { code: 'ECONNREFUSED' });
});

await t.test('the signal stops it, and before the start it keeps it from starting', async (t) => {
  const events: ElectorEvent[] = [];
  const parts: HttpServerParts = {
    listen: { host: '127.0.0.1', port: 0 },
    metrics: { text: () => Promise.resolve(''), contentType: 'text/plain' },
    status: () => REPORT,
    health: () => ({ ok: true, detail: '' }),
    ready: () => ({ ok: true, detail: '' }),
    emit: (event) => void events.push(event),
    clock: systemClock,
  };
  const running = new AbortController();
  const server = new HttpServer(parts);
  await server.start(running.signal);
  const port = server.port ?? 0;
  running.abort();
  await server.stop();
  await t.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
  const never = new HttpServer(parts);
  await never.start(AbortSignal.abort());
  t.equal(never.port, undefined);
  t.equal(events.length, 1, 'an abort is no failure');
});

await t.test('headers beyond the limit are refused', async (t) => {
  const { port } = await started(t);
  const socket = connect(port, '127.0.0.1');
  socket.end(`GET /status HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(9000)}\r\n\r\n`);
  t.match(await text(socket), /^HTTP\/1\.1 431 /);
});

await t.test('a client that sends nothing or half a request loses its connection', async (t) => {
  const { port } = await started(t);
  const silent = connect(port, '127.0.0.1');
  const half = connect(port, '127.0.0.1');
  half.write('GET /status HTTP/1.1\r\nHost: x\r\n');
  const closed = Promise.all([ended(silent), ended(half)]);
  await closed;
  t.equal((await ask(port, '/status')).status, 200);
});

await t.test('more connections than the limit are turned away, the others stay', async (t) => {
  const { port } = await started(t);
  const sockets = Array.from({ length: 64 }, () => connect(port, '127.0.0.1'));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (const socket of sockets) socket.on('error', () => undefined);
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const late = connect(port, '127.0.0.1');
  late.write('GET /status HTTP/1.1\r\nHost: x\r\n\r\n');
  late.on('data', () => t.fail('it was served'));
  await ended(late);
  t.notOk(sockets.some((socket) => socket.destroyed));
});
