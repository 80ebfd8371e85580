/**
 * Sockets, clocks and locks that Node lacks, by calling the C library: the one importer of koffi.
 * Numbers are of the Linux uapi on x86-64 and arm64, where they and the structures are identical
 * (asm-generic; 64-bit, little-endian).
 */
import { closeSync, openSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';

if (koffi.sizeof('long') !== 8) throw new Error('vip-elector needs a 64-bit system');

/** A call of the C library failed. */
export class SystemError extends Error {
  override name = 'SystemError';
  /** `EPERM`, `ENETDOWN`, … */
  readonly code: string;
  /** Positive, as errno.h has it. */
  readonly errno: number;
  readonly syscall: string;
  constructor(syscall: string, errno: number) {
    const code = getSystemErrorName(-errno);
    super(`${syscall}: ${code}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

type Bytes = Uint8Array | BigInt64Array | Int32Array;
const library = koffi.load(null);
/** The C library's functions, unchecked: for `check`. */
export const c = {
  clock_gettime: library.func('int clock_gettime(int, void *)') as (
    id: number,
    ts: Bytes,
  ) => number,
  flock: library.func('int flock(int, int)') as (fd: number, operation: number) => number,
  setns: library.func('int setns(int, int)') as (fd: number, type: number) => number,
  socket: library.func('int socket(int, int, int)') as (
    ...args: [number, number, number]
  ) => number,
  bind: library.func('int bind(int, void *, uint32_t)') as (
    ...args: [fd: number, address: Bytes, length: number]
  ) => number,
  // Variadic in C; ioctl's one pointer travels in the same register either way on both machines.
  ioctl: library.func('int ioctl(int, unsigned long, void *)') as (
    ...args: [fd: number, request: number, argument: Bytes]
  ) => number,
  getsockopt: library.func('int getsockopt(int, int, int, void *, void *)') as (
    ...args: [fd: number, level: number, name: number, value: Bytes, length: Bytes]
  ) => number,
  setsockopt: library.func('int setsockopt(int, int, int, void *, uint32_t)') as (
    ...args: [fd: number, level: number, name: number, value: Bytes, length: number]
  ) => number,
  sendto: library.func('long sendto(int, void *, size_t, int, void *, uint32_t)') as (
    ...args: [fd: number, data: Bytes, size: number, flags: number, to: Bytes, length: number]
  ) => number,
  recvfrom: library.func('long recvfrom(int, void *, size_t, int, void *, void *)') as (
    ...args: [fd: number, data: Bytes, size: number, flags: number, from: Bytes, length: Bytes]
  ) => number,
};

const EINTR = 4;
const EAGAIN = 11;

/** Makes a call of `c`, again when it was interrupted. @throws SystemError when it gives -1 */
export function check(syscall: string, call: () => number): number {
  for (;;) {
    const result = call();
    if (result !== -1) return result;
    const errno = koffi.errno();
    if (errno !== EINTR) throw new SystemError(syscall, errno);
  }
}

/** linux/time.h */
const CLOCK_BOOTTIME = 7;
/** struct timespec: seconds, nanoseconds. */
const timespec = new BigInt64Array(2);

/** CLOCK_BOOTTIME in milliseconds with a fraction. About 0.1 µs a call. */
export function clockBoottimeMs(): number {
  check('clock_gettime', () => c.clock_gettime(CLOCK_BOOTTIME, timespec));
  return Number(timespec[0]) * 1e3 + Number(timespec[1]) / 1e6;
}

/** sys/file.h: LOCK_EX | LOCK_NB */
const LOCK_EXCLUSIVE_NOW = 2 | 4;

/**
 * Takes the exclusive lock of an open file; it ends when the file is closed, also by death.
 * @returns false when another open file description has it
 * @throws SystemError
 */
export function flockExclusive(fd: number): boolean {
  try {
    check('flock', () => c.flock(fd, LOCK_EXCLUSIVE_NOW));
    return true;
  } catch (error) {
    if (error instanceof SystemError && error.errno === EAGAIN) return false;
    throw error;
  }
}

/** linux/socket.h, linux/net.h */
const AF_UNIX = 1;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

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

/** The longest that a link delivers, with receive offload. */
const received = new Uint8Array(65_536);
const receivedFromLength = new Int32Array(1);

/** The sender's address (struct sockaddr_…) of the last datagram that `receiveDatagram` gave. */
export const receivedFrom = Buffer.alloc(SOCKADDR_LL_LENGTH);

/** The next datagram of any socket, a copy, without waiting; undefined when none is there. */
export function receiveDatagram(fd: number): Uint8Array | undefined {
  receivedFromLength[0] = SOCKADDR_LL_LENGTH;
  try {
    const size = check('recvfrom', () =>
      c.recvfrom(fd, received, received.length, MSG_DONTWAIT, receivedFrom, receivedFromLength),
    );
    return received.slice(0, size);
  } catch (error) {
    if (error instanceof SystemError && error.errno === EAGAIN) return undefined;
    throw error;
  }
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

/**
 * When the frame taken last had arrived, in nanoseconds of the wall clock. The first call switches
 * time stamps on for the socket, so call it once before any frame is of interest.
 * @returns undefined when no frame has been taken
 * @throws SystemError
 */
export function packetTimestampNs(fd: number): bigint | undefined {
  try {
    check('ioctl', () => c.ioctl(fd, SIOCGSTAMPNS, timespec));
    return timespec[0]! * 1_000_000_000n + timespec[1]!;
  } catch (error) {
    if (error instanceof SystemError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Calls `listener` whenever the descriptor can be read or has an error to read, until the returned
 * function is called; call that before closing the descriptor. Does not keep the process alive.
 */
export function watchReadable(fd: number, listener: () => void): () => void {
  let scheduled: NodeJS.Immediate | undefined;
  // koffi 3.3.4 passes libuv's status first, which its types leave out.
  const onPoll = ((status: number): void => {
    // Not from inside koffi's call: an error thrown there reaches nobody and the process hangs
    // (measured).
    scheduled ??= setImmediate(() => {
      scheduled = undefined;
      // libuv stops at an error (ENETDOWN of a link) and is started again before it can be read:
      // the listener may end the watch.
      if (status < 0) poll.start({ readable: true }, onPoll);
      listener();
    });
  }) as unknown as () => void;
  const poll = koffi.node.poll(fd, { readable: true }, onPoll);
  poll.unref();
  return () => {
    clearImmediate(scheduled);
    poll.close();
  };
}

/** Closes a descriptor. @throws Error with `code` EBADF when it is not open */
export function closeFd(fd: number): void {
  closeSync(fd);
}

/** linux/sched.h */
const CLONE_NEWNET = 0x40000000;

/**
 * Moves the calling thread, so the main one and no worker of libuv, into a network namespace.
 * Sockets that are open stay where they were opened.
 * @param path for instance `/var/run/netns/h1` or `/proc/<pid>/ns/net`
 * @throws Error with `code`: ENOENT, EPERM without CAP_SYS_ADMIN, …
 */
export function enterNetworkNamespace(path: string): void {
  const fd = openSync(path, 'r');
  try {
    check('setns', () => c.setns(fd, CLONE_NEWNET));
  } finally {
    closeSync(fd);
  }
}

/** linux/un.h: UNIX_PATH_MAX */
const UNIX_PATH_MAX = 108;

/**
 * Sends one datagram to the service manager's socket (sd_notify(3)).
 * @param socketPath `$NOTIFY_SOCKET`: a path, or an abstract name that begins with `@`
 * @param state for instance `READY=1`
 * @throws SystemError ENOENT, ECONNREFUSED (nobody listens), EAGAIN (its queue is full), …
 */
export function sdNotify(socketPath: string, state: string): void {
  const path = Buffer.from(socketPath.replace(/^@/, '\0'));
  if (path.length >= UNIX_PATH_MAX) throw new SystemError('sendto', koffi.os.errno['EINVAL']!);
  const to = Buffer.alloc(2 + path.length + (path[0] === 0 ? 0 : 1));
  to.writeUInt16LE(AF_UNIX, 0);
  path.copy(to, 2);
  const data = Buffer.from(state);
  const fd = check('socket', () => c.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK_CLOEXEC, 0));
  try {
    check('sendto', () => c.sendto(fd, data, data.length, MSG_NOSIGNAL, to, to.length));
  } finally {
    closeSync(fd);
  }
}
