import { SystemError, closeFd } from '../libc.ts';
import { decodeMessages } from './netlink-message.ts';
import type { NetlinkMessage } from './netlink-message.ts';
import { openNetlink, receiveNetlink, sendNetlink } from './netlink-socket.ts';
import { NetworkError } from './network-error.ts';

/** A netlink socket as far as requests need it. */
export interface Datagrams {
  /** @throws SystemError */
  send(datagram: Uint8Array): void;
  /** The next one that is there, without waiting. `port` 0: from the kernel. @throws SystemError */
  receive(): { readonly port: number; readonly bytes: Uint8Array } | undefined;
  close(): void;
}

/** Opens a socket of a protocol: NETLINK_* of linux/netlink.h. @throws SystemError */
export function openDatagrams(protocol: number): Datagrams {
  const fd = openNetlink(protocol);
  return {
    send: (datagram) => sendNetlink(fd, datagram),
    receive: () => receiveNetlink(fd),
    close: () => closeFd(fd),
  };
}

/**
 * Requests and their answers over one socket. The kernel carries out a request inside `sendto`, and its
 * answer is in the socket's buffer when that returns (net/netlink/af_netlink.c,
 * netlink_unicast_kernel): nothing here waits, other than for the kernel's own locks.
 */
export class NetlinkExchange {
  readonly #socket: Datagrams;
  #seq = 0;
  #closed = false;

  constructor(socket: Datagrams) {
    this.#socket = socket;
  }

  /** The sequence number of the last message that was numbered. */
  get seq(): number {
    return this.#seq;
  }

  /** The number of the next message. */
  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  /**
   * Sends a datagram and takes all answers that are there.
   * @param what for the error's message
   * @throws NetworkError
   */
  exchange(what: string, datagram: Uint8Array): NetlinkMessage[] {
    if (this.#closed) throw new NetworkError(what, 'CLOSED');
    const answers: NetlinkMessage[] = [];
    try {
      this.#socket.send(datagram);
      // A listing's next part is made when the one before is taken.
      for (let answer = this.#receive(); answer !== undefined; answer = this.#receive()) {
        if (answer.port === 0) answers.push(...decodeMessages(answer.bytes));
      }
      return answers;
    } catch (error) {
      throw new NetworkError(what, codeOfThrown(error), { cause: error });
    }
  }

  /** The next datagram that is there. @throws SystemError */
  #receive(): ReturnType<Datagrams['receive']> {
    try {
      return this.#socket.receive();
    } catch (error) {
      // Told once, before those answers that did fit: whoever misses one of the others will notice,
      // and the kernel sends nothing more until the buffer is empty.
      if (codeOfThrown(error) === 'ENOBUFS') return this.#socket.receive();
      throw error;
    }
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

/** The code of what a system call threw. */
export function codeOfThrown(error: unknown): string {
  return error instanceof SystemError ? error.code : 'EIO';
}
