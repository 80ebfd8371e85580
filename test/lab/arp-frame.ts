import t from 'tap';
import { arpRequest, BROADCAST_MAC, readArp } from '../../src/lab/arp-frame.ts';

/**
 * Captured on a veth of Linux 6.18 with `tcpdump -i end0 -c 2 -xx -n arp` (4.99.3) while 10.77.0.200
 * opened a connection to 10.77.0.100: the kernel's own question and its reply.
 */
const REQUEST =
  'ffffffffffff0277000000c8080600010800060400010277000000c80a4d00c80000000000000a4d0064';
const REPLY =
  '0277000000c8027700000001080600010800060400020277000000010a4d00640277000000c80a4d00c8';

await t.test('a question is, octet for octet, what the kernel takes and answers', async (t) => {
  const frame = arpRequest('02:77:00:00:00:c8', '10.77.0.200', '10.77.0.100');
  t.equal(Buffer.from(frame).toString('hex'), REQUEST);
});

await t.test('a reply is read', async (t) => {
  t.same(readArp(Buffer.from(REPLY, 'hex')), {
    kind: 'reply',
    destination: '02:77:00:00:00:c8',
    senderMac: '02:77:00:00:00:01',
    senderIp: '10.77.0.100',
    targetIp: '10.77.0.200',
  });
  t.match(readArp(Buffer.from(REQUEST, 'hex')), { kind: 'request', destination: BROADCAST_MAC });
});

await t.test('what is no ARP request or reply is not read', async (t) => {
  const whole = Buffer.from(REPLY, 'hex');
  const changed = (at: number, octet: number): Buffer => {
    const copy = Buffer.from(whole);
    copy[at] = octet;
    return copy;
  };
  t.equal(readArp(whole.subarray(0, 41)), undefined, 'too short');
  t.equal(readArp(Buffer.alloc(0)), undefined, 'empty');
  t.equal(readArp(changed(13, 0x00)), undefined, 'IPv4');
  t.equal(readArp(changed(15, 6)), undefined, 'another hardware type');
  t.equal(readArp(changed(21, 3)), undefined, 'RARP');
  t.ok(readArp(Buffer.concat([whole, Buffer.alloc(18)])), 'padding to 60 octets is fine');
});
