import { release } from 'node:os';
// Not all of the package: its tables of Wi-Fi, WireGuard and link attributes take 1 MiB.
import { Protocol } from 'netlink/dist/constants.js';
import { createNetlink } from 'netlink/dist/netlink.js';
import type { NetlinkSocket } from 'netlink';
import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import {
  carriesProtocol,
  decodeAddress,
  decodeLink,
  encodeAddressQuery,
  encodeAssign,
  encodeLinkQuery,
  encodeWithdraw,
} from './codec.ts';
import { NetlinkEvents } from './netlink-events.ts';
import { NetlinkRequests } from './netlink-requests.ts';
import { NetworkError } from './network-error.ts';
import type { Link, LinkAddress, Network, NetworkEvent, Vip } from './types.ts';

/** linux/rtnetlink.h */
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
/** linux/netlink.h */
const NLM_F_DUMP = 0x300;
const NLM_F_REPLACE = 0x100;
const NLM_F_CREATE = 0x400;

/** Asked for; the kernel gives at most twice net.core.rmem_max, often 416 KiB. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
const SEND_BUFFER_BYTES = 256 * 1024;
/**
 * An acknowledgement takes about 1 KiB of the receive buffer. They must fit: of one that does not,
 * the package's native part aborts the process.
 */
const CHANGES_AT_ONCE = 64;
/** A network that changes during this many listings in a row is not still. */
const LISTINGS_MAX = 8;

/** What the kernel says of an address that is not there (any more), or of a link: IPv4, IPv6. */
const ABSENT = new Set(['EADDRNOTAVAIL', 'ENODEV', 'ENXIO']);

function openSocket(): NetlinkSocket {
  return createNetlink(Protocol.ROUTE, {
    recvBufferSize: RECEIVE_BUFFER_BYTES,
    sendBufferSize: SEND_BUFFER_BYTES,
  });
}

/**
 * The kernel's network by rtnetlink(7), in the network namespace in which it was opened. Keeps the
 * process alive only while a request is under way. A request blocks this thread inside `sendmsg`
 * while someone else holds the kernel's rtnl lock; nothing in user space can bound that.
 */
export class RtNetlink implements Network {
  readonly marksAddresses: boolean;
  readonly #listings: NetlinkRequests;
  readonly #changes: NetlinkRequests;
  readonly #events: NetlinkEvents;
  readonly #listeners = new Set<(event: NetworkEvent) => void>();

  /** Use `openNetwork`. */
  constructor(listings: NetlinkRequests, marksAddresses: boolean, clock: Clock) {
    this.marksAddresses = marksAddresses;
    this.#listings = listings;
    this.#changes = new NetlinkRequests(openSocket, CHANGES_AT_ONCE);
    this.#events = new NetlinkEvents(clock, (event) => {
      for (const listener of this.#listeners) listener(event);
    });
  }

  /** Subscribes to events. @throws Error with `code` */
  start(): void {
    this.#events.start();
  }

  /** @throws NetworkError, DecodeError */
  async links(): Promise<Link[]> {
    const bodies = await list(this.#listings, 'list links', RTM_GETLINK, RTM_NEWLINK);
    return bodies.map(decodeLink).filter((link) => link !== undefined);
  }

  /** @throws NetworkError, DecodeError */
  async addresses(): Promise<LinkAddress[]> {
    const bodies = await list(this.#listings, 'list addresses', RTM_GETADDR, RTM_NEWADDR);
    return bodies.map(decodeAddress).filter((address) => address !== undefined);
  }

  /**
   * Replaces an address that is there, whoever added it: look first. One request, so that there is
   * no moment without the address.
   * @throws NetworkError EPERM without CAP_NET_ADMIN, ENODEV without the link, …
   */
  async assign(linkIndex: number, vip: Vip, validSeconds: number): Promise<void> {
    const what = `assign ${vip.address}/${vip.prefixLength} on link ${linkIndex}`;
    const body = encodeAssign(linkIndex, vip, validSeconds);
    await this.#changes.request(what, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, body);
  }

  /** Removes an address, whoever added it. @throws NetworkError EPERM, TIMEOUT, … */
  async withdraw(linkIndex: number, vip: Vip): Promise<void> {
    const what = `withdraw ${vip.address}/${vip.prefixLength} from link ${linkIndex}`;
    try {
      await this.#changes.request(what, RTM_DELADDR, 0, encodeWithdraw(linkIndex, vip));
    } catch (error) {
      if (!(error instanceof NetworkError && ABSENT.has(error.code))) throw error;
    }
  }

  watch(listener: (event: NetworkEvent) => void): () => void {
    // A function of its own for each call: the same listener may be given twice.
    const own = (event: NetworkEvent): void => listener(event);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** Ends events at once, waits for requests under way, closes the sockets. Idempotent. */
  async close(): Promise<void> {
    this.#events.close();
    this.#listeners.clear();
    await Promise.all([this.#listings.close(), this.#changes.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Bodies of one listing that nothing changed under, in the kernel's order. @throws NetworkError */
async function list(
  listings: NetlinkRequests,
  what: string,
  query: typeof RTM_GETLINK | typeof RTM_GETADDR,
  answer: number,
): Promise<Uint8Array[]> {
  const body = query === RTM_GETLINK ? encodeLinkQuery() : encodeAddressQuery();
  for (let attempt = 0; attempt < LISTINGS_MAX; attempt += 1) {
    const { messages, interrupted } = await listings.request(what, query, NLM_F_DUMP, body);
    if (!interrupted) return messages.filter(({ type }) => type === answer).map(({ data }) => data);
  }
  throw new NetworkError(what, 'INTERRUPTED');
}

/** The first release that keeps IFA_PROTO (Linux commit 47f0bd503210). */
const MARKS_SINCE = { major: 5, minor: 18 };

/** Whether a kernel of this release, as `uname -r` prints it, keeps IFA_PROTO. */
export function releaseMarksAddresses(kernelRelease: string): boolean {
  const [major = 0, minor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10));
  return major > MARKS_SINCE.major || (major === MARKS_SINCE.major && minor >= MARKS_SINCE.minor);
}

/**
 * Opens the network of this thread's namespace, subscribed to its events from now on. Whether the
 * kernel marks addresses is seen on those there are (`::1` has had a protocol since 5.18, so a
 * kernel with the change backported shows it), else told by its release.
 * @throws NetworkError; Error with `code` when no socket can be opened
 */
export async function openNetwork(clock: Clock = systemClock): Promise<RtNetlink> {
  const listings = new NetlinkRequests(openSocket, 1);
  try {
    const present = await list(listings, 'list addresses', RTM_GETADDR, RTM_NEWADDR);
    const marks = present.some(carriesProtocol) || releaseMarksAddresses(release());
    const network = new RtNetlink(listings, marks, clock);
    network.start();
    return network;
  } catch (error) {
    await listings.close();
    throw error;
  }
}
