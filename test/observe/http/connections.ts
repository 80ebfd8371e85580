// The end of connections: by a stop, by a client’s fault, by their number.
import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { systemClock } from '../../../src/clock.ts';
import type { ElectorEvent } from '../../../src/events.ts';
import { HttpServer, type HttpServerParts } from '../../../src/observe/http.ts';
import { ask, REPORT, started } from '../../fixtures/http-server.ts';

/** Resolves when the connection is closed; a reset is as good an end. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket
      .on('error', () => undefined)
      .once('close', () => resolve())
      .resume();
  });
}

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
