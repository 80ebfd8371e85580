// Against this machine's kernel: the calls of libc.ts, with their structures, as it answers them.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import t from 'tap';
import {
  clockBoottimeMs,
  closeFd,
  enterNetworkNamespace,
  flockExclusive,
  sdNotify,
  SystemError,
  watchReadable,
} from '../src/libc.ts';
import {
  bindPacketSocket,
  openPacketSocket,
  receivePacket,
  sendPacket,
} from '../src/network/packet-socket.ts';
import { frame } from './fixtures/experimental-frame.ts';
import { cable, indexOf, inNamespace, within } from './fixtures/namespace.ts';

const uptimeMs = (): number => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1e3;

/** A bound AF_UNIX datagram socket, which Node cannot open. @returns descriptor and `receive` */
function datagramSocket(name: string): { fd: number; receive: () => string } {
  const library = koffi.load(null);
  const socket = library.func('int socket(int, int, int)');
  const bind = library.func('int bind(int, void *, uint32_t)');
  const recv = library.func('long recv(int, void *, size_t, int)');
  const address = Buffer.concat([Buffer.from([1, 0]), Buffer.from(name)]);
  const fd = socket(1, 2, 0) as number;
  if (bind(fd, address, address.length) !== 0) throw new SystemError('bind', koffi.errno());
  const receive = (): string => {
    const buffer = Buffer.alloc(256);
    const size = recv(fd, buffer, buffer.length, 0x40) as number;
    if (size < 0) throw new SystemError('recv', koffi.errno());
    return buffer.toString('utf8', 0, size);
  };
  return { fd, receive };
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('the clock is the kernel’s time since boot', async (t) => {
    const before = uptimeMs();
    const now = clockBoottimeMs();
    const later = uptimeMs();
    // /proc/uptime is cut off to 10 ms.
    t.ok(before <= now && now < later + 10, `${before} ≤ ${now} < ${later} + 10`);
    t.ok(clockBoottimeMs() >= now, 'and does not go back');
  });

  await t.test('the clock counts a suspension, which CLOCK_MONOTONIC does not', async (t) => {
    // A time namespace moves BOOTTIME alone, as a suspension does.
    const libc = new URL('../src/libc.ts', import.meta.url).href;
    const script = `import { clockBoottimeMs } from ${JSON.stringify(libc)};
      console.log(clockBoottimeMs() - Number(process.hrtime.bigint()) / 1e6);`;
    const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', script];
    const env = { ...process.env };
    const differenceMs = (args: string[]): number =>
      Number(execFileSync('unshare', [...args, '--', ...node], { encoding: 'utf8', env }));
    const asleepMs =
      differenceMs(['--fork', '--time', '--boottime', '100000']) - differenceMs(['--fork']);
    t.ok(Math.abs(asleepMs - 1e8) < 1e4, `${asleepMs} ms`);
  });

  await t.test('one open file has the lock until it is closed', async (t) => {
    const path = join(t.testdir({ lock: '' }), 'lock');
    const first = openSync(path, 'r+');
    const second = openSync(path, 'r+');
    t.equal(flockExclusive(first), true);
    t.equal(flockExclusive(first), true, 'which may take it again');
    t.equal(flockExclusive(second), false);
    closeSync(first);
    t.equal(flockExclusive(second), true);
    closeSync(second);
    t.throws(() => flockExclusive(second), { code: 'EBADF', errno: 9, syscall: 'flock' });
  });

  await t.test('a watch goes on after its link was down', async (t) => {
    const unplug = cable('near', 'far');
    const everything = openPacketSocket(3);
    bindPacketSocket(everything, 3, indexOf('near'));
    const sender = openPacketSocket();
    let failure: unknown;
    const downed = new Promise<unknown>((resolve) => {
      const alive = setInterval(() => undefined, 1e6);
      const stop = watchReadable(everything, () => {
        try {
          while (receivePacket(everything) !== undefined);
          if (failure === undefined) return;
          stop();
          clearInterval(alive);
          resolve(failure);
        } catch (error) {
          failure = error;
          // Something to read: the listener is called again only if the watch went on.
          execFileSync('ip', ['link', 'set', 'near', 'up']);
          sendPacket(sender, indexOf('near'), frame);
        }
      });
    });
    execFileSync('ip', ['link', 'set', 'near', 'down']);
    t.match(await downed, { code: 'ENETDOWN', syscall: 'recvfrom' });
    closeFd(sender);
    closeFd(everything);
    unplug();
  });

  await t.test('the thread moves between network namespaces', async (t) => {
    const unplug = cable('near', 'far');
    const here = readlinkSync('/proc/thread-self/ns/net');
    t.not(
      within('far', () => readlinkSync('/proc/thread-self/ns/net')),
      here,
    );
    t.equal(readlinkSync('/proc/thread-self/ns/net'), here);
    t.throws(() => enterNetworkNamespace('/run/netns/none'), { code: 'ENOENT' });
    t.throws(() => enterNetworkNamespace('/dev/null'), { code: 'EINVAL', syscall: 'setns' });
    unplug();
  });

  await t.test('a notification reaches a path and an abstract name', async (t) => {
    const path = join(t.testdir(), 'notify');
    const named = datagramSocket(`${path}\0`);
    sdNotify(path, 'READY=1\nSTATUS=führt');
    t.equal(named.receive(), 'READY=1\nSTATUS=führt');
    closeSync(named.fd);
    const abstract = datagramSocket('\0vip-elector-test');
    sdNotify('@vip-elector-test', 'WATCHDOG=1');
    t.equal(abstract.receive(), 'WATCHDOG=1');
    closeSync(abstract.fd);
    t.throws(() => sdNotify('@vip-elector-test', 'x'), { code: 'ECONNREFUSED' });
    t.throws(() => sdNotify(`${path}-none`, 'x'), { code: 'ENOENT', syscall: 'sendto' });
    t.throws(() => sdNotify('/x'.repeat(60), 'x'), { code: 'EINVAL' });
  });
});
