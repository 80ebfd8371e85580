import t from 'tap';
import { neighbourSolicitation, readNdp } from '../../src/lab/ndp-frame.ts';

/**
 * Captured on a veth of Linux 6.18 with `tcpdump -i a0 -c 2 -xx -n icmp6` (4.99.3) while fd00:77::c8
 * opened a connection to fd00:77::64: the kernel's own question and its reply.
 */
const SOLICITATION =
  '3333ff0000640277000000c886dd6000000000203afffd0000770000000000000000000000c8ff02000000000000' +
  '00000001ff000064870079e000000000fd00007700000000000000000000006401010277000000c8';
const ADVERTISEMENT =
  '0277000000c802770000000186dd6000000000203afffd000077000000000000000000000064fd00007700000000' +
  '00000000000000c88800193460000000fd000077000000000000000000000064020102770000' +
  '0001';

await t.test('a question is, octet for octet, what the kernel asks', async (t) => {
  const frame = neighbourSolicitation('02:77:00:00:00:c8', 'fd00:77::c8', 'fd00:77::64');
  t.equal(Buffer.from(frame).toString('hex'), SOLICITATION);
});

await t.test('question and reply are read', async (t) => {
  t.same(readNdp(Buffer.from(ADVERTISEMENT, 'hex')), {
    kind: 'reply',
    destination: '02:77:00:00:00:c8',
    senderMac: '02:77:00:00:00:01',
    senderIp: 'fd00:77::64',
    targetIp: 'fd00:77::c8',
  });
  t.same(readNdp(Buffer.from(SOLICITATION, 'hex')), {
    kind: 'request',
    destination: '33:33:ff:00:00:64',
    senderMac: '02:77:00:00:00:c8',
    senderIp: 'fd00:77::c8',
    targetIp: 'fd00:77::64',
  });
});

await t.test('what is neither, or came over a router, is not read', async (t) => {
  const whole = Buffer.from(ADVERTISEMENT, 'hex');
  const changed = (at: number, octet: number): Buffer => {
    const copy = Buffer.from(whole);
    copy[at] = octet;
    return copy;
  };
  t.equal(readNdp(whole.subarray(0, 77)), undefined, 'too short');
  t.equal(readNdp(Buffer.alloc(0)), undefined, 'empty');
  t.equal(readNdp(changed(13, 0x00)), undefined, 'not IPv6');
  t.equal(readNdp(changed(20, 17)), undefined, 'UDP');
  t.equal(readNdp(changed(21, 64)), undefined, 'hop limit');
  t.equal(readNdp(changed(54, 134)), undefined, 'a router advertisement');
});

await t.test('without its option an advertisement tells of its sender', async (t) => {
  const frame = Buffer.from(ADVERTISEMENT, 'hex').subarray(0, 78);
  t.match(readNdp(frame), { kind: 'reply', senderMac: '02:77:00:00:00:01' });
});
