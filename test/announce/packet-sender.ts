// Against this machine's kernel: frames of the sender on a cable between two namespaces.
import { spawnSync } from 'node:child_process';
import t from 'tap';
import { ETHERTYPE_ARP, gratuitousArp } from '../../src/announce/arp.ts';
import { openPacketSender } from '../../src/announce/packet-sender.ts';
import { closeFd } from '../../src/libc.ts';
import { openPacketSocket, receivePacket, sendPacket } from '../../src/network/packet-socket.ts';
import { cable, inNamespace, indexOf, ip, within } from '../fixtures/namespace.ts';

const MAC = '02:00:00:00:00:01';

await inNamespace(t, import.meta.url, async () => {
  await t.test('a frame arrives as it was given', async (t) => {
    const unplug = cable('near', 'far');
    const receiver = within('far', () => openPacketSocket(ETHERTYPE_ARP));
    const sender = openPacketSender();
    const frame = gratuitousArp('reply', MAC, '10.77.0.100');
    sender.send(indexOf('near'), frame);
    // A veth delivers within the sender's softirq: the frame is there when `send` has returned.
    t.strictSame(receivePacket(receiver)?.bytes, Uint8Array.from(frame));
    sender.close();
    closeFd(receiver);
    unplug();
  });

  await t.test('the sender receives nothing', async (t) => {
    const unplug = cable('near', 'far');
    const fd = openPacketSocket(0);
    const [other, farIndex] = within('far', () => [
      openPacketSocket(0),
      Number(ip('-o', 'link', 'show', 'far').split(':')[0]),
    ]);
    sendPacket(other, farIndex, gratuitousArp('request', MAC, '10.77.0.100'));
    t.equal(receivePacket(fd), undefined);
    closeFd(fd);
    closeFd(other);
    unplug();
  });

  await t.test('a link that is down or gone is an error with its code', async (t) => {
    const unplug = cable('near', 'far');
    const sender = openPacketSender();
    const frame = gratuitousArp('request', MAC, '10.77.0.100');
    const index = indexOf('near');
    ip('link', 'set', 'near', 'down');
    t.throws(() => sender.send(index, frame), { code: 'ENETDOWN' });
    unplug();
    t.throws(() => sender.send(index, frame), { code: 'ENXIO' });
    sender.close();
  });

  await t.test('a closed sender sends nothing, and closes twice', async (t) => {
    const unplug = cable('near', 'far');
    const receiver = within('far', () => openPacketSocket(ETHERTYPE_ARP));
    const sender = openPacketSender();
    sender.close();
    sender.close();
    const frame = gratuitousArp('request', MAC, '10.77.0.100');
    t.throws(() => sender.send(indexOf('near'), frame), { code: 'EBADF', syscall: 'sendto' });
    t.equal(receivePacket(receiver), undefined);
    closeFd(receiver);
    unplug();
  });

  await t.test('opening without CAP_NET_RAW is EPERM', async (t) => {
    const module = new URL('../../src/announce/packet-sender.ts', import.meta.url).href;
    const script = `import { openPacketSender } from ${JSON.stringify(module)};
      try { openPacketSender(); } catch (error) { console.log(error.code); }`;
    const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', script];
    const args = ['--bounding-set=-net_raw', '--', ...node];
    t.equal(spawnSync('setpriv', args, { encoding: 'utf8' }).stdout, 'EPERM\n');
  });
});
