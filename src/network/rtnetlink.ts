import { release } from 'node:os';
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
const NLM_F_REPLACE = 0x100;
const NLM_F_CREATE = 0x400;

/** A network that changes during this many listings in a row is not still. */
const LISTINGS_MAX = 8;

/** What the kernel says of an address that is not there (any more), or of a link: IPv4, IPv6. */
const ABSENT = new Set(['EADDRNOTAVAIL', 'ENODEV', 'ENXIO']);

/**
 * The kernel's network by rtnetlink(7), in the network namespace in which it was opened. Each request is
 * done when the call returns, though it gives a promise for the sake of the seam: over a socket that is
 * polled the kernel's answer was read 2 ms later, twice in every handover (`lab --trace handover`).
 */
export class RtNetlink implements Network {
  readonly marksAddresses: boolean;
  readonly #requests: NetlinkRequests;
  readonly #events: NetlinkEvents;
  readonly #listeners = new Set<(event: NetworkEvent) => void>();

  /** Use `openNetwork`. */
  constructor(requests: NetlinkRequests, marksAddresses: boolean, clock: Clock) {
    this.marksAddresses = marksAddresses;
    this.#requests = requests;
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
    const bodies = await list(this.#requests, 'list links', RTM_GETLINK, RTM_NEWLINK);
    return bodies.map(decodeLink).filter((link) => link !== undefined);
  }

  /** @throws NetworkError, DecodeError */
  async addresses(): Promise<LinkAddress[]> {
    const bodies = await list(this.#requests, 'list addresses', RTM_GETADDR, RTM_NEWADDR);
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
    this.#requests.change(what, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, body);
  }

  /** Removes an address, whoever added it. @throws NetworkError EPERM, TIMEOUT, … */
  async withdraw(linkIndex: number, vip: Vip): Promise<void> {
    const what = `withdraw ${vip.address}/${vip.prefixLength} from link ${linkIndex}`;
    try {
      this.#requests.change(what, RTM_DELADDR, 0, encodeWithdraw(linkIndex, vip));
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

  /** Ends events and closes the sockets. Idempotent. */
  close(): void {
    this.#events.close();
    this.#listeners.clear();
    this.#requests.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Bodies of one listing that nothing changed under, in the kernel's order. @throws NetworkError */
async function list(
  requests: NetlinkRequests,
  what: string,
  query: typeof RTM_GETLINK | typeof RTM_GETADDR,
  answer: number,
): Promise<Uint8Array[]> {
  const body = query === RTM_GETLINK ? encodeLinkQuery() : encodeAddressQuery();
  for (let attempt = 0; attempt < LISTINGS_MAX; attempt += 1) {
    const { messages, interrupted } = requests.list(what, query, body);
    if (!interrupted) return messages.filter(({ type }) => type === answer).map(({ data }) => data);
    // Whatever else waits in this process, between two looks at a table that others change.
    await new Promise<void>((resolve) => setImmediate(resolve));
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
  const requests = new NetlinkRequests();
  try {
    const present = await list(requests, 'list addresses', RTM_GETADDR, RTM_NEWADDR);
    const marks = present.some(carriesProtocol) || releaseMarksAddresses(release());
    const network = new RtNetlink(requests, marks, clock);
    network.start();
    return network;
  } catch (error) {
    requests.close();
    throw error;
  }
}
