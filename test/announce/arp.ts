// Frames as bytes: captured ones are decoded, ours are compared with what a reference writes.
import t from 'tap';
import { gratuitousArp, parseArp } from '../../src/announce/arp.ts';

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');

const MAC = '02:00:00:00:00:01';

// `tcpdump -xx -i veth0 -c 2 arp` while Linux 6.18 sent a datagram to 10.77.0.2 (a virtual link: no
// padding).
const LINUX_REQUEST = bytes(`ffff ffff ffff 0200 0000 0001 0806 0001
  0800 0604 0001 0200 0000 0001 0a4d 0001
  0000 0000 0000 0a4d 0002`);
const LINUX_REPLY = bytes(`0200 0000 0001 0200 0000 0002 0806 0001
  0800 0604 0002 0200 0000 0002 0a4d 0002
  0200 0000 0001 0a4d 0001`);

await t.test('a request of Linux is decoded', async (t) => {
  t.strictSame(parseArp(LINUX_REQUEST), {
    kind: 'request',
    destination: 'ff:ff:ff:ff:ff:ff',
    source: MAC,
    senderMac: MAC,
    senderIp: '10.77.0.1',
    targetMac: '00:00:00:00:00:00',
    targetIp: '10.77.0.2',
  });
});

await t.test('a reply of Linux is decoded, and with a trailer', async (t) => {
  const expected = {
    kind: 'reply',
    destination: MAC,
    source: '02:00:00:00:00:02',
    senderMac: '02:00:00:00:00:02',
    senderIp: '10.77.0.2',
    targetMac: MAC,
    targetIp: '10.77.0.1',
  };
  t.strictSame(parseArp(LINUX_REPLY), expected);
  t.strictSame(parseArp(Uint8Array.from([...LINUX_REPLY, ...Array(18).fill(0x55)])), expected);
});

await t.test('the gratuitous request is RFC 5227’s announcement', async (t) => {
  t.equal(
    hex(gratuitousArp('request', MAC, '10.77.0.100')),
    'ffffffffffff' +
      '020000000001' +
      '0806' +
      '0001' +
      '0800' +
      '06' +
      '04' +
      '0001' +
      '020000000001' +
      '0a4d0064' +
      '000000000000' +
      '0a4d0064' +
      '00'.repeat(18),
  );
});

await t.test('the gratuitous reply names its sender as the target', async (t) => {
  t.equal(
    hex(gratuitousArp('reply', MAC.toUpperCase(), '10.77.0.100')),
    'ffffffffffff' +
      '020000000001' +
      '0806' +
      '0001' +
      '0800' +
      '06' +
      '04' +
      '0002' +
      '020000000001' +
      '0a4d0064' +
      '020000000001' +
      '0a4d0064' +
      '00'.repeat(18),
  );
});

await t.test('what is not whole ARP for IPv4 over Ethernet is nothing', async (t) => {
  const changed = (offset: number, value: number): Uint8Array => {
    const frame = LINUX_REPLY.slice();
    frame[offset] = value;
    return frame;
  };
  t.equal(parseArp(new Uint8Array()), undefined);
  t.equal(parseArp(LINUX_REPLY.slice(0, 41)), undefined, 'one byte short');
  t.equal(parseArp(changed(13, 0x00)), undefined, 'EtherType IPv4');
  t.equal(parseArp(changed(15, 6)), undefined, 'another hardware');
  t.equal(parseArp(changed(16, 0x86)), undefined, 'another protocol');
  t.equal(parseArp(changed(18, 20)), undefined, 'InfiniBand’s address length');
  t.equal(parseArp(changed(19, 16)), undefined, 'IPv6’s address length');
  t.equal(parseArp(changed(21, 3)), undefined, 'reverse ARP');
});

await t.test('a frame inside a larger buffer is decoded where it is', async (t) => {
  const larger = Uint8Array.from([...Array(7).fill(0xaa), ...LINUX_REQUEST]);
  t.equal(parseArp(larger.subarray(7))?.senderIp, '10.77.0.1');
});

await t.test('wrong addresses are refused', async (t) => {
  for (const mac of ['', '02:00:00:00:00', '02-00-00-00-00-01', '02:00:00:00:00:0g']) {
    t.throws(() => gratuitousArp('reply', mac, '10.0.0.1'), RangeError, mac);
  }
  for (const ip of ['', '10.1', '010.0.0.1', 'fd00::1', '10.0.0.256']) {
    t.throws(() => gratuitousArp('reply', MAC, ip), RangeError, ip);
  }
});
