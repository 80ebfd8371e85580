import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { Live } from '../../../src/observe/page/live.ts';
import type { ClusterReading } from '../../../src/observe/page/picture.ts';
import type { StatusReport } from '../../../src/observe/status.ts';
import { REPORT, started } from '../../fixtures/http-server.ts';
import { VirtualClock } from '../../fixtures/virtual-clock.ts';

const EMPTY: ClusterReading = {
  survey: { header: { clusterId: '1', revision: 1 }, groups: [], nodes: [] },
  history: new Map(),
  told: new Map(),
};

async function bench(t: Test) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  t.teardown(() => stop.abort(new Error('the test ends')));
  const world = { version: '1', reads: 0, fail: false };
  const live = new Live({
    clock,
    status: (): StatusReport => ({ ...REPORT, version: world.version }),
    own: () => [],
    read: async () => {
      world.reads += 1;
      if (world.fail) throw new Error('etcd is silent');
      return EMPTY;
    },
    signal: stop.signal,
  });
  const { port } = await started(t, { routes: { '/events': { GET: () => live.reply() } } });
  const listen = async (): Promise<{ socket: Socket; until: (text: string) => Promise<void> }> => {
    const socket = connect(port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    let heard = '';
    socket.on('data', (piece) => void (heard += piece.toString()));
    socket.on('error', () => undefined);
    socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
    const until = async (text: string): Promise<void> => {
      while (!heard.includes(text)) await once(socket, 'data');
      heard = '';
    };
    await until('event: slack');
    return { socket, until };
  };
  return { clock, world, listen, stop };
}

await t.test('a picture when something has changed, slack all the time', async (t) => {
  const { clock, world, listen } = await bench(t);
  const { until } = await listen();
  t.equal(world.reads, 1, 'etcd is asked at once');
  await clock.advance(500);
  await until('"blind":null');
  world.version = '2';
  await clock.advance(500);
  await until('"version":"2"');
  world.fail = true;
  await clock.advance(1000);
  await until('"blind":"etcd is silent"');
  t.ok(world.reads <= 4, `${world.reads} reads in 2 s`);
});

await t.test('nobody listens: no timer, and no question to etcd', async (t) => {
  const { clock, world, listen } = await bench(t);
  t.equal(world.reads, 0);
  t.equal(clock.pending, 0);
  const one = await listen();
  const two = await listen();
  const { reads } = world;
  await clock.advance(1000);
  t.equal(world.reads, reads + 1, 'one look for both');
  for (const { socket } of [one, two]) socket.destroy();
  while (clock.pending > 0) await new Promise(setImmediate);
  const before = world.reads;
  await clock.advance(10_000);
  t.equal(world.reads, before);
  await listen();
  t.equal(world.reads, before + 1, 'and begins again');
});

await t.test('the end of the daemon ends it', async (t) => {
  const { clock, listen, stop } = await bench(t);
  const { socket } = await listen();
  const closed = once(socket.resume(), 'close');
  stop.abort(new Error('the daemon stops'));
  await closed;
  while (clock.pending > 0) await new Promise(setImmediate);
  t.equal(clock.pending, 0);
});
