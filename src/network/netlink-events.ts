import type { Clock } from '../clock.ts';
import { describe } from '../errors.ts';
import { closeFd, watchReadable } from '../libc.ts';
import { decodeAddress, decodeLink } from './codec.ts';
import { decodeMessages } from './netlink-message.ts';
import type { NetlinkMessage } from './netlink-message.ts';
import { droppedMessages, openNetlinkEvents, receiveNetlink } from './netlink-socket.ts';
import type { NetworkEvent } from './types.ts';

/** linux/netlink.h NETLINK_ROUTE; linux/rtnetlink.h RTNLGRP_LINK, IPV4_IFADDR, IPV6_IFADDR. */
const NETLINK_ROUTE = 0;
const GROUPS = [1, 5, 9];
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;

/** An event takes about 1 KiB: room for some thousand while this process is not on a CPU. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
/** Datagrams taken before the loop may do other things; 0.1 ms or so. */
const DATAGRAMS_AT_ONCE = 64;
/** Between attempts to open a socket, which fails only for want of descriptors or memory. */
const REOPEN_AFTER_MS = 500;

/**
 * The kernel's events about links and addresses. Not by the package's socket: a lost event (ENOBUFS)
 * aborts the process inside its native part, and so does an error that a listener throws (SIGABRT,
 * measured with netlink 0.3.0 on Node 20.20).
 */
export class NetlinkEvents {
  readonly #clock: Clock;
  readonly #listener: (event: NetworkEvent) => void;
  #socket: { readonly fd: number; readonly unwatch: () => void } | undefined;
  #dropped = 0;
  #cancelReopen: (() => void) | undefined;

  constructor(clock: Clock, listener: (event: NetworkEvent) => void) {
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Subscribes: what changes from now on is told. @throws SystemError */
  start(): void {
    const fd = openNetlinkEvents(NETLINK_ROUTE, GROUPS, RECEIVE_BUFFER_BYTES);
    this.#dropped = 0;
    this.#socket = { fd, unwatch: watchReadable(fd, () => this.#read()) };
  }

  /** Unsubscribes: no event from now on. Idempotent. */
  close(): void {
    this.#cancelReopen?.();
    this.#cancelReopen = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.unwatch();
    closeFd(socket.fd);
  }

  #read(): void {
    for (let count = 0; count < DATAGRAMS_AT_ONCE; count += 1) {
      // A listener may have closed us.
      if (this.#socket === undefined) return;
      let datagram;
      try {
        datagram = receiveNetlink(this.#socket.fd);
      } catch (error) {
        this.#lost(describe(error));
        return;
      }
      if (datagram === undefined) break;
      if (datagram.port !== 0) continue;
      for (const message of decodeMessages(datagram.bytes)) this.#tell(message);
    }
    this.#countDropped();
  }

  #countDropped(): void {
    if (this.#socket === undefined) return;
    const dropped = droppedMessages(this.#socket.fd);
    const lost = dropped - this.#dropped;
    this.#dropped = dropped;
    if (lost !== 0) this.#listener({ type: 'overrun', err: `${lost} events dropped` });
  }

  #tell(message: NetlinkMessage): void {
    let event: NetworkEvent | undefined;
    try {
      event = decodeEvent(message);
    } catch (error) {
      event = { type: 'overrun', err: describe(error) };
    }
    if (event !== undefined && this.#socket !== undefined) this.#listener(event);
  }

  /** The socket broke. Subscribes anew before it says so: a listing made upon that misses nothing. */
  #lost(err: string): void {
    this.close();
    try {
      this.start();
    } catch (error) {
      this.#listener({ type: 'overrun', err: `${err}; reopening: ${describe(error)}` });
      this.#cancelReopen = this.#clock.timer(REOPEN_AFTER_MS, () => this.#lost(err));
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
