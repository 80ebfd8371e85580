import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { describe, OperatorError } from '../errors.ts';
import { SystemError } from '../libc.ts';
import { destinationOf } from './ndp.ts';
import type { FrameSender } from './types.ts';

/** RFC 4861 §7.1.2: receivers drop whatever has crossed a router. */
const HOP_LIMIT = 255;

/** linux/in6.h; asm-generic/socket.h (Linux ≥ 5.0); linux/icmpv6.h ICMPV6_FILTER. */
const IPPROTO_IPV6 = 41;
const IPPROTO_ICMPV6 = 58;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_MULTICAST_LOOP = 19;
const SOL_SOCKET = 1;
const SO_BINDTOIFINDEX = 62;
const ICMPV6_FILTER = 1;
/** struct icmp6_filter: a bit a type, set to block it. */
const BLOCK_ALL = Buffer.alloc(32, 0xff);

/** What we use of the package raw-socket 1.8.1, which has no types. */
interface RawSocket {
  setOption(level: number, option: number, value: number): void;
  setOption(level: number, option: number, value: Buffer, length: number): void;
  pauseRecv(): void;
  pauseSend(): void;
  close(): void;
  on(event: 'error', listener: (error: Error) => void): void;
  /** The native socket: sends within the call, or throws the kernel's refusal as strerror(3) has it. */
  readonly wrap: {
    send(data: Buffer, offset: number, length: number, to: string, done: () => void): void;
  };
}
export interface RawSocketPackage {
  readonly AddressFamily: { readonly IPv6: number };
  readonly Protocol: { readonly ICMPv6: number };
  createSocket(options: { addressFamily: number; protocol: number }): RawSocket;
}

/** glibc's and musl's words for what the kernel refuses. */
const CODES: readonly (readonly [RegExp, keyof typeof constants.errno])[] = [
  [/cannot assign requested address|address not available/i, 'EADDRNOTAVAIL'],
  [/operation not permitted/i, 'EPERM'],
  [/no buffer space/i, 'ENOBUFS'],
  [/temporarily unavailable/i, 'EAGAIN'],
  [/no such device or address/i, 'ENXIO'],
  [/no such device/i, 'ENODEV'],
  [/network (is )?unreachable/i, 'ENETUNREACH'],
  [/network (is )?down/i, 'ENETDOWN'],
];

/**
 * Sends neighbour discovery to a link through one raw socket, bound to that link: advertisements to all
 * nodes, solicitations to those who may have their target. The kernel
 * puts an address of the link before them, and their checksum; they pass the fence's output chain.
 */
export class NeighbourSender implements FrameSender {
  #socket: RawSocket | undefined;
  #linkIndex = 0;

  /** Use `openNeighbourSender`. @param socket closed by `close` */
  constructor(socket: RawSocket) {
    this.#socket = socket;
    // Nothing is received: what a sender does not read must not fill up its buffer or wake anybody.
    socket.setOption(IPPROTO_ICMPV6, ICMPV6_FILTER, BLOCK_ALL, BLOCK_ALL.length);
    socket.pauseRecv();
    socket.setOption(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOP_LIMIT);
    // Our own kernel would take it for a stranger's claim of its address.
    socket.setOption(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0);
  }

  /** @param message ICMPv6, without checksum */
  send(linkIndex: number, message: Uint8Array): void {
    const socket = this.#socket;
    if (socket === undefined) throw new SystemError('sendto', constants.errno.EBADF);
    try {
      if (linkIndex !== this.#linkIndex) socket.setOption(SOL_SOCKET, SO_BINDTOIFINDEX, linkIndex);
      this.#linkIndex = linkIndex;
      const data = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
      // Not the package's own `send`: it waits for a turn of the loop, and the fence that was asked
      // before it may have closed by then.
      socket.wrap.send(data, 0, data.length, destinationOf(message), () => undefined);
    } catch (error) {
      throw withCode(error);
    }
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}

function withCode(error: unknown): unknown {
  const text = describe(error);
  const code = CODES.find(([words]) => words.test(text))?.[1];
  return code === undefined ? error : new SystemError('sendto', constants.errno[code]);
}

/** Loads the package. @throws Error when it was not installed, or not compiled */
function loadPackage(): RawSocketPackage {
  return createRequire(import.meta.url)('raw-socket') as RawSocketPackage;
}

/**
 * Opens a sender, in this thread's network namespace.
 * @param load for tests
 * @throws OperatorError without the package, or without CAP_NET_RAW
 */
export function openNeighbourSender(load = loadPackage): NeighbourSender {
  const raw = requireRawSocket(load);
  try {
    const { AddressFamily, Protocol } = raw;
    const socket = raw.createSocket({
      addressFamily: AddressFamily.IPv6,
      protocol: Protocol.ICMPv6,
    });
    return new NeighbourSender(socket);
  } catch (error) {
    const why = describe(error);
    throw new OperatorError(`cannot open a raw ICMPv6 socket for IPv6 VIPs: ${why}`);
  }
}

/** The package. @throws OperatorError with the reason and the remedy */
export function requireRawSocket(load = loadPackage): RawSocketPackage {
  try {
    return load();
  } catch (error) {
    const [why] = describe(error).split('\n');
    throw new OperatorError(
      `an IPv6 VIP needs the optional npm package raw-socket, which cannot be loaded (${why}): ` +
        'install a C++ compiler, make and python3 and run "npm rebuild raw-socket" (or "npm ci"), ' +
        'or configure IPv4 VIPs only',
    );
  }
}
