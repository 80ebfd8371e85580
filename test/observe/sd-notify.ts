import t from 'tap';
import type { ElectorEvent } from '../../src/events.ts';
import { SystemError } from '../../src/libc.ts';
import { ServiceManager, type ServiceEnvironment } from '../../src/observe/sd-notify.ts';
import { VirtualClock } from '../fixtures/virtual-clock.ts';

const PID = 4711;

function manager(environment: ServiceEnvironment) {
  const clock = new VirtualClock();
  const sent: string[] = [];
  const events: ElectorEvent[] = [];
  const trouble: { code?: number } = {};
  const service = new ServiceManager(environment, PID, {
    clock,
    emit: (event) => void events.push(event),
    monotonicUs: () => 123_456_789n,
    send: (socket, state) => {
      if (trouble.code !== undefined) throw new SystemError('sendto', trouble.code);
      sent.push(`${socket} ${state}`);
    },
  });
  return { clock, sent, events, trouble, service };
}

const NOTIFY_SOCKET = '/run/systemd/notify';
const watched: ServiceEnvironment = { NOTIFY_SOCKET, WATCHDOG_USEC: '10000000' };

await t.test('the manager is told of the start and the stop', async (t) => {
  const { service, sent } = manager({ NOTIFY_SOCKET });
  service.ready();
  service.stopping();
  t.strictSame(sent, [`${NOTIFY_SOCKET} READY=1`, `${NOTIFY_SOCKET} STOPPING=1`]);
});

await t.test('a reload is told, with its moment, and that it is over', async (t) => {
  const { service, sent } = manager({ NOTIFY_SOCKET });
  service.reloading();
  service.ready();
  const told = `${NOTIFY_SOCKET} RELOADING=1\nMONOTONIC_USEC=123456789`;
  t.strictSame(sent, [told, `${NOTIFY_SOCKET} READY=1`]);
});

await t.test('without a manager nothing is sent', async (t) => {
  for (const environment of [{}, { NOTIFY_SOCKET: '' }, { NOTIFY_SOCKET: undefined }]) {
    const { service, clock, sent, events } = manager({ ...environment, WATCHDOG_USEC: '1000' });
    service.ready();
    service.tick(clock.now());
    t.strictSame([sent, events], [[], []]);
  }
});

await t.test('the watchdog is fed four times in its interval, by ticks', async (t) => {
  const { service, clock, sent } = manager(watched);
  for (let ms = 0; ms < 10_000; ms += 100) {
    service.tick(clock.now());
    await clock.advance(100);
  }
  t.strictSame(sent, Array<string>(4).fill(`${NOTIFY_SOCKET} WATCHDOG=1`));
});

await t.test('a control loop that stands still is not covered up by ticks', async (t) => {
  const { service, clock, sent } = manager(watched);
  const turnedAt = clock.now();
  for (let ms = 0; ms < 20_000; ms += 100) {
    service.tick(turnedAt);
    await clock.advance(100);
  }
  t.equal(sent.length, 3, 'at 0, 2.5 and 5 s: half of the interval');
  service.tick(clock.now());
  t.equal(sent.length, 4, 'it turns again');
});

await t.test('a watchdog of another process, and one that is none', async (t) => {
  for (const [environment, ms] of [
    [{ ...watched, WATCHDOG_PID: String(PID) }, 10_000],
    [{ ...watched, WATCHDOG_PID: '1' }, 0],
    [{ NOTIFY_SOCKET, WATCHDOG_USEC: '0' }, 0],
    [{ NOTIFY_SOCKET, WATCHDOG_USEC: '-5' }, 0],
    [{ NOTIFY_SOCKET, WATCHDOG_USEC: '1e9' }, 0],
  ] as const) {
    const { service, clock, sent } = manager(environment);
    service.tick(clock.now());
    t.equal(service.watchdogMs, ms, JSON.stringify(environment));
    t.equal(sent.length, ms === 0 ? 0 : 1);
  }
});

await t.test('a notice that is not taken is said once, until one is', async (t) => {
  const { service, sent, events, trouble } = manager({ NOTIFY_SOCKET });
  trouble.code = 111;
  service.ready();
  service.stopping();
  t.match(events, [{ type: 'notify-failed', state: 'READY=1', err: { code: 'ECONNREFUSED' } }]);
  delete trouble.code;
  service.ready();
  trouble.code = 111;
  service.ready();
  t.equal(events.length, 2);
  t.equal(sent.length, 1);
});
