/** nf_tables over netlink, in one breath: what is asked is done when the call returns. */
import { codeOf, readErrno } from './netlink-errno.ts';
import { NetlinkExchange, codeOfThrown, openDatagrams } from './netlink-exchange.ts';
import { encodeMessage } from './netlink-message.ts';
import type { NetlinkMessage } from './netlink-message.ts';
import { NetworkError } from './network-error.ts';

/** linux/netlink.h */
const NETLINK_NETFILTER = 12;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP = 0x300;
const NLM_F_DUMP_INTR = 0x10;

/** linux/netfilter/nfnetlink.h: a type is the subsystem's number and, below it, the message's. */
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFNL_SUBSYS_NFTABLES = 10;

/** Listings that changes of others interrupt are begun anew so often; each takes some 0.1 ms. */
const LISTINGS_MAX = 10;

/** A request to nf_tables. */
export interface NftMessage {
  /** NFT_MSG_* of linux/netfilter/nf_tables.h */
  readonly type: number;
  /** NFPROTO_* of linux/netfilter.h */
  readonly family: number;
  /** NLM_F_CREATE and the like of linux/netlink.h; what every request has is added. */
  readonly flags: number;
  readonly attributes: Uint8Array;
}

/** What is asked of nf_tables. `Nfnetlink` is the real one. */
export interface Nftables {
  commit(what: string, messages: readonly NftMessage[]): void;
  list(what: string, message: NftMessage): NetlinkMessage[];
  close(): void;
}

/**
 * One socket to nf_tables. The kernel carries out a request inside `sendto`, and its answer is in the
 * socket's buffer when that returns (net/netlink/af_netlink.c, netlink_unicast_kernel): nothing here
 * waits, other than for another process that is changing nf_tables in this moment.
 */
export class Nfnetlink implements Nftables {
  readonly #exchange: NetlinkExchange;

  /** @throws NetworkError `ENOTSUP` when the kernel has no netfilter, … */
  constructor() {
    try {
      this.#exchange = new NetlinkExchange(openDatagrams(NETLINK_NETFILTER));
    } catch (error) {
      const code = codeOfThrown(error);
      const told = code === 'EPROTONOSUPPORT' ? 'ENOTSUP' : code;
      throw new NetworkError('open nf_tables', told, { cause: error });
    }
  }

  /**
   * Makes all of the changes or none, at one moment for every packet (NFNL_MSG_BATCH_*).
   * @param what for the error's message
   * @throws NetworkError: `EPERM` without CAP_NET_ADMIN, `ENOTSUP` when the kernel has no nf_tables,
   *   `TIMEOUT` when it did not answer, which leaves open what it did
   */
  commit(what: string, messages: readonly NftMessage[]): void {
    if (messages.length === 0) return;
    const first = this.#exchange.seq + 1;
    const batch = [this.#encodeMark(NFNL_MSG_BATCH_BEGIN)];
    messages.forEach((message, index) => {
      // Whatever fails is told without being asked for; so one acknowledgement is enough, and the
      // answers fit into any buffer.
      const isLast = index === messages.length - 1;
      batch.push(this.#encode(message, isLast ? NLM_F_ACK : 0));
    });
    const last = this.#exchange.seq;
    batch.push(this.#encodeMark(NFNL_MSG_BATCH_END));
    let acknowledged = false;
    // Of the marks, too: an error of the whole batch is told as one of its first message, and does
    // not keep the acknowledgement from coming.
    for (const { type, seq, data } of this.#exchange.exchange(what, Buffer.concat(batch))) {
      if (type !== NLMSG_ERROR || seq < first || seq > this.#exchange.seq) continue;
      const errno = readErrno(data);
      if (errno !== 0) {
        const place = messages.length > 1 && seq > first ? ` (change ${seq - first})` : '';
        throw new NetworkError(`${what}${place}`, codeOf(errno));
      }
      acknowledged ||= seq === last;
    }
    if (!acknowledged) throw new NetworkError(what, 'TIMEOUT');
  }

  /**
   * Lists what the kernel has.
   * @param what for the error's message
   * @param message a NFT_MSG_GET*
   * @throws NetworkError also `INTERRUPTED` when it kept changing
   */
  list(what: string, message: NftMessage): NetlinkMessage[] {
    for (let count = 0; count < LISTINGS_MAX; count += 1) {
      const datagram = this.#encode(message, NLM_F_DUMP);
      const parts = this.#exchange
        .exchange(what, datagram)
        .filter(({ seq }) => seq === this.#exchange.seq);
      const end = parts.find(({ type }) => type === NLMSG_ERROR || type === NLMSG_DONE);
      if (end === undefined) throw new NetworkError(what, 'TIMEOUT');
      const errno = readErrno(end.data);
      if (errno !== 0) throw new NetworkError(what, codeOf(errno));
      const interrupted = parts.some(({ flags }) => (flags & NLM_F_DUMP_INTR) !== 0);
      if (!interrupted) return parts.filter((part) => part !== end);
    }
    throw new NetworkError(what, 'INTERRUPTED');
  }

  /** Idempotent. */
  close(): void {
    this.#exchange.close();
  }

  #encode({ type, family, flags, attributes }: NftMessage, more: number): Buffer {
    return encodeMessage(
      (NFNL_SUBSYS_NFTABLES << 8) | type,
      NLM_F_REQUEST | flags | more,
      this.#exchange.nextSeq(),
      Buffer.concat([netfilterHeader(family, 0), attributes]),
    );
  }

  #encodeMark(type: number): Buffer {
    return encodeMessage(
      type,
      NLM_F_REQUEST,
      this.#exchange.nextSeq(),
      netfilterHeader(0, NFNL_SUBSYS_NFTABLES),
    );
  }
}

/** struct nfgenmsg: u8 family, u8 version (0), u16 resource in network order. */
function netfilterHeader(family: number, resource: number): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt8(family, 0);
  header.writeUInt16BE(resource, 2);
  return header;
}
