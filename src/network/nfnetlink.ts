/** nf_tables over netlink, in one breath: what is asked is done when the call returns. */
import { codeOf, readErrno } from './netlink-errno.ts';
import { NetlinkExchange, codeOfThrown, openDatagrams } from './netlink-exchange.ts';
import type { NetlinkMessage } from './netlink-message.ts';
import { NetworkError } from './network-error.ts';
import { NftBatch, encodeNft } from './nft-batch.ts';
import type { NftMessage } from './nft-batch.ts';

export type { NftMessage } from './nft-batch.ts';

/** linux/netlink.h */
const NETLINK_NETFILTER = 12;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_DUMP = 0x300;
const NLM_F_DUMP_INTR = 0x10;

/** Listings that changes of others interrupt are begun anew so often; each takes some 0.1 ms. */
const LISTINGS_MAX = 10;

/** What is asked of nf_tables. `Nfnetlink` is the real one. */
export interface Nftables {
  commit(what: string, messages: readonly NftMessage[]): void;
  commitBatch(what: string, batch: NftBatch): void;
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
    this.commitBatch(what, new NftBatch(messages));
  }

  /** The same with changes that are encoded. @throws NetworkError */
  commitBatch(what: string, batch: NftBatch): void {
    const { count, datagram } = batch;
    if (count === 0) return;
    const first = this.#exchange.seq + 1;
    const last = first + count;
    batch.number(() => this.#exchange.nextSeq());
    let acknowledged = false;
    // Of the marks, too: an error of the whole batch is told as one of its first message, and does
    // not keep the acknowledgement from coming.
    for (const { type, seq, data } of this.#exchange.exchange(what, datagram)) {
      if (type !== NLMSG_ERROR || seq < first || seq > this.#exchange.seq) continue;
      const errno = readErrno(data);
      if (errno !== 0) {
        const place = count > 1 && seq > first ? ` (change ${seq - first})` : '';
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
      const listing = { ...message, flags: message.flags | NLM_F_DUMP };
      const datagram = encodeNft(listing, this.#exchange.nextSeq());
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
}
