/** AF_PACKET sockets: whole Ethernet frames, to and from links. */
import {
  MSG_DONTWAIT,
  SOCK_DGRAM,
  SOCK_NONBLOCK_CLOEXEC,
  SOCK_RAW,
  SystemError,
  c,
  check,
  receiveDatagram,
  receivedFrom,
} from '../libc.ts';

/** linux/socket.h */
const AF_PACKET = 17;

/** linux/if_packet.h struct sockaddr_ll; `protocol` is in network order, the rest in the host's. */
const SOCKADDR_LL_LENGTH = 20;
const linkAddress = Buffer.alloc(SOCKADDR_LL_LENGTH);
function fillLinkAddress(protocol: number, ifindex: number): Buffer {
  linkAddress.fill(0);
  linkAddress.writeUInt16LE(AF_PACKET, 0);
  linkAddress.writeUInt16BE(protocol, 2);
  linkAddress.writeInt32LE(ifindex, 4);
  return linkAddress;
}

/**
 * Opens a non-blocking AF_PACKET socket. Close it with `closeFd`.
 * @param protocol EtherType to receive, 3 (ETH_P_ALL) for all and for sent frames too, 0 for nothing
 * @param type `raw`: frames with their Ethernet header; `dgram`: without
 * @throws SystemError EPERM without CAP_NET_RAW
 */
export function openPacketSocket(protocol = 0, type: 'raw' | 'dgram' = 'raw'): number {
  const kind = (type === 'raw' ? SOCK_RAW : SOCK_DGRAM) | SOCK_NONBLOCK_CLOEXEC;
  const networkOrder = ((protocol & 0xff) << 8) | (protocol >> 8);
  return check('socket', () => c.socket(AF_PACKET, kind, networkOrder));
}

/** Limits a packet socket to what arrives on one link. @throws SystemError */
export function bindPacketSocket(fd: number, protocol: number, ifindex: number): void {
  const address = fillLinkAddress(protocol, ifindex);
  check('bind', () => c.bind(fd, address, SOCKADDR_LL_LENGTH));
}

/** linux/if_ether.h: a header is two addresses of 6 bytes and the EtherType. */
const ETHERTYPE_OFFSET = 12;
const ETHERNET_HEADER_LENGTH = 14;

/**
 * Hands a whole Ethernet frame to a link without waiting.
 * @throws SystemError ENETDOWN (link down), ENXIO (no such link), EAGAIN (queue full), …
 */
export function sendPacket(fd: number, ifindex: number, frame: Uint8Array): void {
  if (frame.length < ETHERNET_HEADER_LENGTH) throw new RangeError('not an Ethernet frame');
  // Kernels before 5.5 do not read the EtherType from the frame, and filters match on it.
  const protocol = (frame[ETHERTYPE_OFFSET]! << 8) | frame[ETHERTYPE_OFFSET + 1]!;
  const to = fillLinkAddress(protocol, ifindex);
  check('sendto', () => c.sendto(fd, frame, frame.length, MSG_DONTWAIT, to, SOCKADDR_LL_LENGTH));
}

/** `packetType` of linux/if_packet.h for a frame that this host sent. */
export const PACKET_OUTGOING = 4;

/** A frame off a packet socket. */
export interface ReceivedPacket {
  readonly ifindex: number;
  /** 0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by this host (PACKET_*). */
  readonly packetType: number;
  /** The caller's own copy. */
  readonly bytes: Uint8Array;
}

/**
 * Takes the next frame, without waiting.
 * @returns undefined when none is there
 * @throws SystemError ENETDOWN once after a bound link went down, …
 */
export function receivePacket(fd: number): ReceivedPacket | undefined {
  const bytes = receiveDatagram(fd);
  if (bytes === undefined) return undefined;
  // struct sockaddr_ll, as above: index at 4, PACKET_* at 10.
  const ifindex = receivedFrom.readInt32LE(4);
  return { ifindex, packetType: receivedFrom.readUInt8(10), bytes };
}

/** linux/sockios.h */
const SIOCGSTAMPNS = 0x8907;
/** struct timespec: seconds, nanoseconds. */
const arrival = new BigInt64Array(2);

/**
 * When the frame taken last had arrived, in nanoseconds of the wall clock. The first call switches
 * time stamps on for the socket, so call it once before any frame is of interest.
 * @returns undefined when no frame has been taken
 * @throws SystemError
 */
export function packetTimestampNs(fd: number): bigint | undefined {
  try {
    check('ioctl', () => c.ioctl(fd, SIOCGSTAMPNS, arrival));
    return arrival[0]! * 1_000_000_000n + arrival[1]!;
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
