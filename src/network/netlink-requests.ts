import { codeOf, readErrno } from './netlink-errno.ts';
import {
  NetlinkExchange,
  codeOfThrown,
  openDatagrams,
  type Datagrams,
} from './netlink-exchange.ts';
import { encodeMessage } from './netlink-message.ts';
import type { NetlinkMessage } from './netlink-message.ts';
import { NetworkError } from './network-error.ts';

/** linux/netlink.h */
const NETLINK_ROUTE = 0;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP = 0x300;
const NLM_F_DUMP_INTR = 0x10;

/** The reply to a request. `interrupted`: the tables changed while the kernel listed them. */
export interface Reply {
  readonly messages: readonly NetlinkMessage[];
  readonly interrupted: boolean;
}

/**
 * Requests to rtnetlink over one socket; each is done when the call returns. What blocks is only the
 * kernel's rtnl lock, while someone else holds it; nothing in user space can bound that.
 */
export class NetlinkRequests {
  readonly #exchange: NetlinkExchange;

  /** @throws NetworkError when no socket can be opened */
  constructor(open: () => Datagrams = () => openDatagrams(NETLINK_ROUTE)) {
    try {
      this.#exchange = new NetlinkExchange(open());
    } catch (error) {
      throw new NetworkError('open rtnetlink', codeOfThrown(error), { cause: error });
    }
  }

  /**
   * Makes a change.
   * @param what for the error's message
   * @throws NetworkError; `TIMEOUT` when the kernel did not answer, which leaves open what it did
   */
  change(what: string, type: number, flags: number, body: Uint8Array): void {
    const answers = this.#ask(what, type, NLM_F_ACK | flags, body);
    const answer = answers.find((each) => each.type === NLMSG_ERROR);
    if (answer === undefined) throw new NetworkError(what, 'TIMEOUT');
    const errno = readErrno(answer.data);
    if (errno !== 0) throw new NetworkError(what, codeOf(errno));
  }

  /**
   * Lists what there is.
   * @param what for the error's message
   * @throws NetworkError; `TIMEOUT` when the end of the listing did not come
   */
  list(what: string, type: number, body: Uint8Array): Reply {
    const answers = this.#ask(what, type, NLM_F_DUMP, body);
    const end = answers.find((each) => each.type === NLMSG_ERROR || each.type === NLMSG_DONE);
    if (end === undefined) throw new NetworkError(what, 'TIMEOUT');
    const errno = readErrno(end.data);
    if (errno !== 0) throw new NetworkError(what, codeOf(errno));
    const interrupted = answers.some(({ flags }) => (flags & NLM_F_DUMP_INTR) !== 0);
    return { messages: answers.filter((each) => each !== end), interrupted };
  }

  /** Idempotent. */
  close(): void {
    this.#exchange.close();
  }

  /** Answers to this very request: what comes late for an earlier one is passed over. */
  #ask(what: string, type: number, flags: number, body: Uint8Array): NetlinkMessage[] {
    const seq = this.#exchange.nextSeq();
    const message = encodeMessage(type, NLM_F_REQUEST | flags, seq, body);
    return this.#exchange.exchange(what, message).filter((answer) => answer.seq === seq);
  }
}
