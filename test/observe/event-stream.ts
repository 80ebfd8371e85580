// Listeners to /events over real connections: how many, and what becomes of one that does not read.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { EventStream, eventText } from '../../src/observe/event-stream.ts';
import { ask, started } from '../fixtures/http-server.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

const MAX_LISTENERS = 16;

interface Bench {
  readonly stream: EventStream;
  readonly port: number;
  readonly clock: VirtualClock;
  readonly said: string[];
}

async function bench(t: Test): Promise<Bench> {
  const clock = new VirtualClock();
  const said: string[] = [];
  const stream = new EventStream({
    clock,
    greet: () => eventText('hello', { text: 'two\nlines' }),
    onFirst: () => void said.push('first'),
    onLast: () => void said.push('last'),
  });
  const { port } = await started(t, { routes: { '/events': { GET: () => stream.reply() } } });
  return { stream, port, clock, said };
}

/** Resolves when the server has taken it in and greeted it. */
async function listener(t: Test, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  return socket;
}

async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket.resume(), 'close');
}

await t.test('a listener is greeted, and hears what is sent', async (t) => {
  const { stream, port, said } = await bench(t);
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  let heard = '';
  socket.on('data', (piece) => void (heard += piece.toString()));
  socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
  while (!heard.includes('hello')) await once(socket, 'data');
  stream.send(eventText('more', 1));
  while (!heard.includes('more')) await once(socket, 'data');
  t.match(heard, /^HTTP\/1\.1 200 /);
  t.match(heard, 'Content-Type: text/event-stream');
  t.match(heard, 'retry: 2000\n\n');
  t.match(heard, 'event: hello\ndata: {"text":"two\\nlines"}\n\n', 'no line break of its own');
  t.match(heard, 'event: more\ndata: 1\n\n');
  t.strictSame(said, ['first']);
});

await t.test('one more than there may be is refused; scrapes are served', async (t) => {
  const { stream, port, said } = await bench(t);
  const sockets: Socket[] = [];
  for (let n = 0; n < MAX_LISTENERS; n += 1) sockets.push(await listener(t, port));
  t.match(await ask(port, '/events'), { status: 503, body: /there are 16 listeners already/ });
  t.equal((await ask(port, '/metrics')).status, 200);
  t.equal(stream.size, MAX_LISTENERS);
  t.strictSame(said, ['first']);
  for (const socket of sockets) socket.destroy();
  while (stream.size > 0) await new Promise(setImmediate);
  t.strictSame(said, ['first', 'last']);
  await listener(t, port);
  t.equal(stream.size, 1, 'there is room again');
});

await t.test('who does not read is dropped, and what waits for him is bounded', async (t) => {
  const { stream, port } = await bench(t);
  const slow = await listener(t, port);
  slow.pause();
  const reader = await listener(t, port);
  const amount = { heard: 0, sent: 0 };
  reader.on('data', (piece) => void (amount.heard += piece.length));
  const text = eventText('much', 'x'.repeat(64 * 1024));
  // The kernel's own buffers take some megabytes first.
  while (stream.size === 2 && amount.sent < 64 * 1024 * 1024) {
    stream.send(text);
    amount.sent += text.length;
    await new Promise(setImmediate);
    // The other one keeps up.
    while (amount.heard < amount.sent) await once(reader, 'data');
  }
  t.equal(stream.size, 1, `dropped after ${amount.sent} bytes`);
  await closed(slow);
  t.notOk(reader.destroyed);
});

await t.test('after a quarter of an hour a place is given back', async (t) => {
  const { stream, port, clock } = await bench(t);
  const socket = await listener(t, port);
  await clock.advance(899_999);
  t.equal(stream.size, 1);
  const end = closed(socket);
  await clock.advance(1);
  await end;
  while (stream.size > 0) await new Promise(setImmediate);
  t.equal(clock.pending, 0);
});

await t.test('closing ends all; HEAD takes no place', async (t) => {
  const { stream, port } = await bench(t);
  const both = [await listener(t, port), await listener(t, port)];
  t.equal((await ask(port, '/events', 'HEAD')).status, 200);
  t.equal(stream.size, 2);
  stream.close();
  await Promise.all(both.map(closed));
  t.equal(stream.size, 0);
});
