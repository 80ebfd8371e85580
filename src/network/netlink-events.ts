import type { Clock } from '../clock.ts';
import { describe } from '../errors.ts';
import { decodeAddress, decodeLink } from './codec.ts';
import type { NetlinkMessage } from './netlink-requests.ts';
import type { NetworkEvent } from './types.ts';

/** What is called of the package's socket. */
export interface EventSocket {
  addMembership(group: number): void;
  on(
    event: 'message',
    listener: (messages: NetlinkMessage[], from: { readonly port: number }) => void,
  ): unknown;
  on(event: 'invalid' | 'error', listener: (error: unknown) => void): unknown;
  close(): void;
}

/** linux/rtnetlink.h enum rtnetlink_groups: LINK, IPV4_IFADDR, IPV6_IFADDR. */
const GROUPS = [1, 5, 9];
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;

/** Between attempts to open a socket, which fails only for want of descriptors or memory. */
const REOPEN_AFTER_MS = 500;

/** The kernel's events about links and addresses, from one multicast socket at a time. */
export class NetlinkEvents {
  readonly #open: () => EventSocket;
  readonly #clock: Clock;
  readonly #listener: (event: NetworkEvent) => void;
  #socket: EventSocket | undefined;
  #cancelReopen = (): void => undefined;
  #closed = false;

  constructor(open: () => EventSocket, clock: Clock, listener: (event: NetworkEvent) => void) {
    this.#open = open;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Subscribes: what changes from now on is told. @throws Error with `code` */
  start(): void {
    const socket = this.#open();
    try {
      for (const group of GROUPS) socket.addMembership(group);
    } catch (error) {
      socket.close();
      throw error;
    }
    socket.on('message', (messages, from) => {
      if (from.port === 0) for (const message of messages) this.#tell(message);
    });
    socket.on('invalid', (error) => this.#listener({ type: 'overrun', err: describe(error) }));
    socket.on('error', (error) => this.#lost(socket, error));
    this.#socket = socket;
  }

  /** Unsubscribes: no event from now on. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancelReopen();
    this.#socket?.close();
    this.#socket = undefined;
  }

  #tell(message: NetlinkMessage): void {
    let event: NetworkEvent | undefined;
    try {
      event = decodeEvent(message);
    } catch (error) {
      event = { type: 'overrun', err: describe(error) };
    }
    if (event !== undefined && !this.#closed) this.#listener(event);
  }

  /**
   * The kernel says ENOBUFS when the buffer was full; libuv reports that as EBADF and the package
   * then closes the socket (measured). Subscribes anew first, so that a listing made upon the
   * event misses nothing.
   */
  #lost(socket: EventSocket, error: unknown): void {
    if (this.#closed || socket !== this.#socket) return;
    this.#socket = undefined;
    socket.close();
    this.#reopen(describe(error));
  }

  #reopen(err: string): void {
    try {
      this.start();
    } catch (error) {
      this.#listener({ type: 'overrun', err: `${err}; reopening: ${describe(error)}` });
      this.#cancelReopen = this.#clock.timer(REOPEN_AFTER_MS, () => this.#reopen(err));
      return;
    }
    this.#listener({ type: 'overrun', err });
  }
}

/** @throws DecodeError */
function decodeEvent({ type, data }: NetlinkMessage): NetworkEvent | undefined {
  switch (type) {
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      const address = decodeAddress(data);
      const change = type === RTM_NEWADDR ? 'address-added' : 'address-removed';
      return address && { type: change, address };
    }
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      const link = decodeLink(data);
      const change = type === RTM_NEWLINK ? 'link-changed' : 'link-removed';
      return link && { type: change, link };
    }
    default:
      return undefined;
  }
}
