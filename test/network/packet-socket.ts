// Against this machine's kernel: frames over a cable between two namespaces.
import { execFileSync, spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import t from 'tap';
import { closeFd, SystemError, watchReadable } from '../../src/libc.ts';
import {
  bindPacketSocket,
  openPacketSocket,
  PACKET_OUTGOING,
  packetTimestampNs,
  receivePacket,
  sendPacket,
  type ReceivedPacket,
} from '../../src/network/packet-socket.ts';
import { EXPERIMENTAL, frame } from '../fixtures/experimental-frame.ts';
import { cable, indexOf, inNamespace, within } from '../fixtures/namespace.ts';

/** The next frame, when the kernel says that there is one. */
function nextPacket(fd: number): Promise<ReceivedPacket> {
  return new Promise((resolve) => {
    const stop = watchReadable(fd, () => {
      const packet = receivePacket(fd);
      if (packet === undefined) return;
      stop();
      clearInterval(alive);
      resolve(packet);
    });
    // watchReadable does not keep the process alive: the test has to.
    const alive = setInterval(() => undefined, 1e6);
  });
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('a frame crosses a cable with its link, kind, bytes and time', async (t) => {
    const unplug = cable('near', 'far');
    const [receiver, farIndex] = within('far', () => [
      openPacketSocket(EXPERIMENTAL),
      Number(execFileSync('ip', ['-o', 'link', 'show', 'far'], { encoding: 'utf8' }).split(':')[0]),
    ]);
    const sender = openPacketSocket();
    t.equal(packetTimestampNs(receiver), undefined, 'no time before the first frame');
    t.equal(receivePacket(receiver), undefined, 'and no waiting for it');
    const earliest = BigInt(Date.now()) * 1_000_000n;
    sendPacket(sender, indexOf('near'), frame);
    const packet = await nextPacket(receiver);
    t.strictSame(packet, { ifindex: farIndex, packetType: 1, bytes: frame });
    const at = packetTimestampNs(receiver)!;
    const latest = BigInt(Date.now() + 1) * 1_000_000n;
    t.ok(earliest <= at && at <= latest, `${earliest} ≤ ${at} ≤ ${latest}`);
    const held = packet.bytes;
    sendPacket(
      sender,
      indexOf('near'),
      frame.map((byte, i) => (i < 14 ? byte : 0xee)),
    );
    await nextPacket(receiver);
    t.strictSame(held, frame, 'the bytes are the caller’s own');
    closeFd(sender);
    closeFd(receiver);
    unplug();
  });

  await t.test('protocol 0 receives nothing, ETH_P_ALL also what was sent', async (t) => {
    const unplug = cable('near', 'far');
    const sender = openPacketSocket(0);
    const everything = openPacketSocket(3);
    bindPacketSocket(everything, 3, indexOf('near'));
    sendPacket(sender, indexOf('near'), frame);
    let packet = await nextPacket(everything);
    while (packet.bytes[12] !== 0x88) packet = await nextPacket(everything);
    t.equal(packet.packetType, PACKET_OUTGOING);
    t.equal(receivePacket(sender), undefined);
    closeFd(sender);
    closeFd(everything);
    unplug();
  });

  await t.test('a dgram socket gives a frame without its header', async (t) => {
    const unplug = cable('near', 'far');
    const receiver = within('far', () => openPacketSocket(EXPERIMENTAL, 'dgram'));
    const sender = openPacketSocket();
    sendPacket(sender, indexOf('near'), frame);
    t.strictSame((await nextPacket(receiver)).bytes, frame.slice(14));
    closeFd(sender);
    closeFd(receiver);
    unplug();
  });

  await t.test('what the kernel refuses is an error with its code', async (t) => {
    const unplug = cable('near', 'far');
    const fd = openPacketSocket();
    t.throws(() => sendPacket(fd, 9999, frame), { code: 'ENXIO', errno: constants.errno.ENXIO });
    execFileSync('ip', ['link', 'set', 'near', 'down']);
    t.throws(() => sendPacket(fd, indexOf('near'), frame), SystemError);
    t.throws(() => sendPacket(fd, indexOf('near'), frame), { code: 'ENETDOWN', syscall: 'sendto' });
    t.throws(() => sendPacket(fd, indexOf('near'), frame.slice(0, 13)), RangeError);
    closeFd(fd);
    t.throws(() => closeFd(fd), { code: 'EBADF' });
    unplug();
  });

  await t.test('a packet socket without CAP_NET_RAW is EPERM', async (t) => {
    const module = new URL('../../src/network/packet-socket.ts', import.meta.url).href;
    const script = `import { openPacketSocket } from ${JSON.stringify(module)};
      try { openPacketSocket(); } catch (error) { console.log(error.code, error.syscall); }`;
    const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', script];
    const { stdout } = spawnSync('setpriv', ['--bounding-set=-net_raw', '--', ...node], {
      encoding: 'utf8',
    });
    t.equal(stdout, 'EPERM socket\n');
  });
});
