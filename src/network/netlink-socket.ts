/**
 * Netlink sockets by the C library: for events, which report what they drop instead of breaking, and
 * for requests that are answered before the call that sends them returns.
 */
import {
  SOCK_NONBLOCK_CLOEXEC,
  SOCK_RAW,
  c,
  check,
  closeFd,
  receiveDatagram,
  receivedFrom,
} from '../libc.ts';

/** linux/netlink.h */
const AF_NETLINK = 16;
const SOCKADDR_NL_LENGTH = 12;
const SOL_NETLINK = 270;
const NETLINK_NO_ENOBUFS = 5;
const NETLINK_CAP_ACK = 10;
/** asm-generic/socket.h; SO_MEMINFO gives nine u32 (linux/sock_diag.h), drops the last. */
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_MEMINFO = 55;
const SK_MEMINFO_DROPS = 8;

const SEND_BUFFER_BYTES = 1024 * 1024;

/** struct sockaddr_nl: u16 family, u16 -, u32 port (0: the kernel's, or its choice), u32 groups. */
function addressOf(groups: readonly number[]): Buffer {
  const address = Buffer.alloc(SOCKADDR_NL_LENGTH);
  address.writeUInt16LE(AF_NETLINK, 0);
  address.writeUInt32LE(
    groups.reduce((mask, group) => (mask | (1 << (group - 1))) >>> 0, 0),
    8,
  );
  return address;
}

/**
 * Opens a non-blocking netlink socket that receives the events of multicast groups. What does not
 * fit into its buffer is dropped and counted, and is no error of the socket.
 * @param protocol 0: NETLINK_ROUTE
 * @param groups numbers from 1 to 32 (RTNLGRP_*)
 * @param bufferBytes wanted; without CAP_NET_ADMIN at most net.core.rmem_max
 * @throws SystemError
 */
export function openNetlinkEvents(protocol: number, groups: number[], bufferBytes: number): number {
  const kind = SOCK_RAW | SOCK_NONBLOCK_CLOEXEC;
  const fd = check('socket', () => c.socket(AF_NETLINK, kind, protocol));
  try {
    const size = Int32Array.of(bufferBytes);
    if (c.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) === -1) {
      check('setsockopt', () => c.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, size, 4));
    }
    const yes = Int32Array.of(1);
    check('setsockopt', () => c.setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, yes, 4));
    const address = addressOf(groups);
    check('bind', () => c.bind(fd, address, SOCKADDR_NL_LENGTH));
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** How many messages a socket has dropped for want of room. @throws SystemError */
export function droppedMessages(fd: number): number {
  const info = new Int32Array(SK_MEMINFO_DROPS + 1);
  const length = Int32Array.of(info.byteLength);
  check('getsockopt', () => c.getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, length));
  return info[SK_MEMINFO_DROPS]! >>> 0;
}

/**
 * Opens a non-blocking netlink socket for requests. Close it with `closeFd`.
 * @param protocol NETLINK_* of linux/netlink.h
 * @throws SystemError EPROTONOSUPPORT when the kernel lacks the protocol
 */
export function openNetlink(protocol: number): number {
  const fd = check('socket', () =>
    c.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK_CLOEXEC, protocol),
  );
  try {
    // A request that is longer than the buffer is refused: one batch for 1000 VIPs takes 250 KiB. Without
    // CAP_NET_ADMIN nothing can be changed anyway.
    c.setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, Int32Array.of(SEND_BUFFER_BYTES), 4);
    // Not the whole of a refused message with its errno: it may be as long as the receive buffer.
    const yes = Int32Array.of(1);
    check('setsockopt', () => c.setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, yes, 4));
    const address = addressOf([]);
    check('bind', () => c.bind(fd, address, SOCKADDR_NL_LENGTH));
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

const kernel = addressOf([]);

/** Sends one datagram to the kernel, which carries it out within the call. @throws SystemError */
export function sendNetlink(fd: number, datagram: Uint8Array): void {
  check('sendto', () => c.sendto(fd, datagram, datagram.length, 0, kernel, SOCKADDR_NL_LENGTH));
}

/**
 * Takes the next datagram off a netlink socket, without waiting.
 * @returns undefined when none is there; `port` 0: from the kernel
 * @throws SystemError
 */
export function receiveNetlink(fd: number): { port: number; bytes: Uint8Array } | undefined {
  const bytes = receiveDatagram(fd);
  return bytes && { port: receivedFrom.readUInt32LE(4), bytes };
}
