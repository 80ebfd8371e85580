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

type Bytes = Uint8Array | BigInt64Array | Int32Array | Uint32Array;
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

/** linux/filter.h struct sock_fprog: how many instructions, of 8 bytes each, and where they are. */
const SockFprog = koffi.struct('sock_fprog', { len: 'uint16_t', filter: 'void *' });
const setFilter = library.func('setsockopt', 'int', [
  'int',
  'int',
  'int',
  koffi.pointer(SockFprog),
  'uint32_t',
]) as (...args: [fd: number, level: number, name: number, value: object, length: number]) => number;
/** asm-generic/socket.h */
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const FILTER_INSTRUCTION_LENGTH = 8;

/**
 * Lets a socket receive only what a classic BPF program accepts, in place of the program before.
 * @param program struct sock_filter, one after the other; at most 4096
 * @throws SystemError EINVAL for a program that the kernel refuses
 */
export function attachFilter(fd: number, program: Uint8Array): void {
  const value = { len: program.length / FILTER_INSTRUCTION_LENGTH, filter: program };
  const size = koffi.sizeof(SockFprog);
  check('setsockopt', () => setFilter(fd, SOL_SOCKET, SO_ATTACH_FILTER, value, size));
}

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
/** struct timespec: seconds and nanoseconds, 64 bits each, as lower and upper halves. */
const timespec = new Uint32Array(4);
const TWO_TO_32 = 2 ** 32;
const readClock = (): number => c.clock_gettime(CLOCK_BOOTTIME, timespec);

/** CLOCK_BOOTTIME in milliseconds with a fraction. About 0.1 µs a call. */
export function clockBoottimeMs(): number {
  check('clock_gettime', readClock);
  return (timespec[1]! * TWO_TO_32 + timespec[0]!) * 1e3 + timespec[2]! / 1e6;
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
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
export const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** The longest that a link delivers, with receive offload. */
const received = new Uint8Array(65_536);
const receivedFromLength = new Int32Array(1);

/** The longest address that a socket of ours receives from: struct sockaddr_ll. */
const RECEIVED_FROM_LENGTH = 20;
/** The sender's address (struct sockaddr_…) of the last datagram that `receiveDatagram` gave. */
export const receivedFrom = Buffer.alloc(RECEIVED_FROM_LENGTH);

/** The next datagram of any socket, a copy, without waiting; undefined when none is there. */
export function receiveDatagram(fd: number): Uint8Array | undefined {
  for (;;) {
    receivedFromLength[0] = RECEIVED_FROM_LENGTH;
    const room = received.length;
    const flags = MSG_DONTWAIT;
    const size = c.recvfrom(fd, received, room, flags, receivedFrom, receivedFromLength);
    if (size !== -1) return received.slice(0, size);
    const errno = koffi.errno();
    // Not by an exception, which is made anew each time: every emptied socket ends with this.
    if (errno === EAGAIN) return undefined;
    if (errno !== EINTR) throw new SystemError('recvfrom', errno);
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
