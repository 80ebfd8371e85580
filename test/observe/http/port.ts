// Its address: shown, taken by somebody else, impossible.
import { EventEmitter, once } from 'node:events';
import { connect, createServer } from 'node:net';
import t, { type Test } from 'tap';
import type { ElectorEvent } from '../../../src/events.ts';
import { ask, started } from '../../fixtures/http-server.ts';
import { VirtualClock } from '../../fixtures/virtual-clock.ts';

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
