// Against this machine's kernel: what a host says of VIPs on its link, through the fence.
import ipaddr from 'ipaddr.js';
import t from 'tap';
import { gratuitousArp } from '../../../../src/announce/arp.ts';
import { SOCK_RAW, c, check, closeFd } from '../../../../src/libc.ts';
import { openPacketSocket, sendPacket } from '../../../../src/network/packet-socket.ts';
import {
  EVERYTHING,
  VIP,
  VIP6,
  fencedLan,
  linkIn,
  nft,
  sysctl,
  type Asking,
} from '../../../fixtures/fenced-lan.ts';
import { cable, inNamespace, ip, within } from '../../../fixtures/namespace.ts';
import { advertisement, echo } from '../../../fixtures/probe-frames.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;

/** Sends an unsolicited neighbour advertisement by a raw socket of the host. @throws SystemError */
function advertise(fd: number, address: string, linkIndex: number): void {
  const to = socketAddress(AF_INET6, 'ff02::1', linkIndex);
  const data = advertisement(address);
  check('sendto', () => c.sendto(fd, data, data.length, 0, to, to.length));
}

/** struct sockaddr_in or sockaddr_in6, without a port. */
function socketAddress(family: number, address: string, linkIndex = 0): Buffer {
  // u16 family, u16 port; then 4 bytes of address, or u32 flow, 16 bytes of address, u32 link.
  const bytes = Buffer.alloc(family === AF_INET ? 16 : 28);
  bytes.writeUInt16LE(family, 0);
  bytes.set(ipaddr.parse(address).toByteArray(), family === AF_INET ? 4 : 8);
  if (family === AF_INET6) bytes.writeUInt32LE(linkIndex, 24);
  return bytes;
}

/** A raw socket of the host that is bound to an address; `speak` sends eight bytes from it. */
function speaker(family: number, protocol: number, from: string, to: string) {
  const fd = within('host', () => check('socket', () => c.socket(family, SOCK_RAW, protocol)));
  const own = socketAddress(family, from);
  check('bind', () => c.bind(fd, own, own.length));
  const other = socketAddress(family, to);
  const speak = (): void => {
    check('sendto', () => c.sendto(fd, Buffer.alloc(8), 8, 0, other, other.length));
  };
  return { fd, speak };
}

/** The addresses that the host speaks for, up to and with its own one, which it speaks for last. */
async function announced(asking: Asking, own: string): Promise<string[]> {
  const seen: string[] = [];
  await asking.until(({ address }) => {
    seen.push(address);
    return address === own;
  });
  return seen;
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('a managed VIP is shut on all links unless it is open', async (t) => {
    const { asking, fence } = fencedLan(t);
    t.strictSame(await asking.answers(EVERYTHING), EVERYTHING, 'not managed: not ours to shut');
    fence.manage([VIP, VIP6], linkIn('host', 'first'));
    t.strictSame(await asking.answers(), [], 'managed');
    // It would not have answered anyway; but those that expect no answer would get through.
    const arrivals = nft('list', 'chain', 'inet', 'vip-elector', 'prerouting');
    t.equal(arrivals.match(/counter packets [1-9]/g)?.length, 2, 'echo requests were dropped');
    fence.open([VIP, VIP6], 60_000);
    t.strictSame(await asking.answers(EVERYTHING), EVERYTHING, 'open');
    fence.shut([VIP]);
    const ofIpv6 = EVERYTHING.filter((label) => /na|ping6/.test(label));
    t.strictSame(await asking.answers(ofIpv6), ofIpv6, 'each by itself');
    fence.shut([VIP, VIP6]);
    t.strictSame(await asking.answers(), [], 'shut');
    fence.open([VIP, VIP6], 60_000);
    t.strictSame(await asking.answers(EVERYTHING), EVERYTHING, 'open again');
    fence.shut([VIP, VIP6]);
    fence.release([VIP, VIP6]);
    t.strictSame(await asking.answers(EVERYTHING), EVERYTHING, 'released');
    t.strictSame(fence.managed(), []);
  });

  await t.test('what is opened is managed, links or no links', async (t) => {
    const { asking, fence } = fencedLan(t);
    fence.open([VIP, VIP6], 60_000);
    t.strictSame(
      fence.managed(),
      [VIP, VIP6].map(({ family, address }) => ({ family, address })),
    );
    t.strictSame(await asking.answers(EVERYTHING), EVERYTHING);
    fence.shut([VIP, VIP6]);
    t.strictSame(await asking.answers(), []);
  });

  await t.test('our own late frames do not leave by the VIP’s link', async (t) => {
    const { asking, fence } = fencedLan(t);
    t.equal(fence.egress, true, 'this kernel can: Linux ≥ 5.16');
    const { index, address: mac } = linkIn('host', 'first');
    fence.manage([VIP, VIP6], { index, name: 'first' });
    const frames = within('host', () => openPacketSocket());
    const raw = within('host', () =>
      check('socket', () => c.socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)),
    );
    const shout = (ip: string) => sendPacket(frames, index, gratuitousArp('reply', mac, ip));
    const announceAll = (): void => {
      // So the sender learns of it.
      t.throws(() => shout(VIP.address), { code: 'ENOBUFS' });
      t.throws(() => advertise(raw, VIP6.address, index), { code: 'EPERM' });
      shout('10.9.0.1');
    };
    announceAll();
    t.strictSame(await announced(asking, '10.9.0.1'), ['10.9.0.1'], 'shut');
    advertise(raw, 'fd00:9::1', index);
    t.strictSame(await announced(asking, 'fd00:9::1'), ['fd00:9::1'], 'shut, IPv6');
    fence.open([VIP, VIP6], 60_000);
    shout(VIP.address);
    shout('10.9.0.1');
    t.strictSame(await announced(asking, '10.9.0.1'), [VIP.address, '10.9.0.1'], 'open');
    advertise(raw, VIP6.address, index);
    advertise(raw, 'fd00:9::1', index);
    t.strictSame(await announced(asking, 'fd00:9::1'), [VIP6.address, 'fd00:9::1']);
    closeFd(frames);
    closeFd(raw);
  });

  await t.test('nothing leaves from a shut VIP', (t) => {
    const { fence } = fencedLan(t);
    fence.manage([VIP, VIP6], linkIn('host', 'first'));
    const speakers = [
      speaker(AF_INET, IPPROTO_ICMP, VIP.address, '10.9.0.254'),
      speaker(AF_INET6, IPPROTO_ICMPV6, VIP6.address, 'fd00:9::fe'),
    ];
    for (const { speak } of speakers) t.throws(speak, { code: 'EPERM' }, 'shut');
    fence.open([VIP, VIP6], 60_000);
    for (const { speak } of speakers) t.doesNotThrow(speak, 'open');
    for (const { fd } of speakers) closeFd(fd);
    t.end();
  });

  await t.test('a forwarder still reaches a VIP that is held elsewhere', async (t) => {
    const { asking, fence } = fencedLan(t);
    for (const [name, address] of [
      ['first', VIP.address],
      ['first', VIP6.address],
    ] as const) {
      ip('-n', 'host', 'addr', 'del', address, 'dev', name);
    }
    fence.manage([VIP, VIP6], linkIn('host', 'first'));
    sysctl('host', 'ipv4/ip_forward', 1);
    sysctl('host', 'ipv6/conf/all/forwarding', 1);
    t.teardown(cable('lan3', 'holder'));
    ip('link', 'set', 'lan3', 'master', 'lan');
    sysctl('holder', 'ipv6/conf/holder/accept_dad', 0);
    ip('-n', 'holder', 'addr', 'add', '10.9.0.100/24', 'dev', 'holder');
    ip('-n', 'holder', 'addr', 'add', 'fd00:9::100/64', 'dev', 'holder', 'nodad');
    const { address: mac } = linkIn('host', 'first');
    const { address: holder } = linkIn('holder', 'holder');
    for (const { address } of [VIP, VIP6]) {
      asking.send(echo(asking.asker, address, mac, 7));
      const from: string[] = [];
      await asking.until((answer) => {
        if (answer.id === 7) from.push(answer.mac);
        return answer.id === 7;
      });
      t.strictSame(from, [holder], address);
    }
  });
});
