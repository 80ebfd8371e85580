import { encodeMessage } from './netlink-message.ts';

/** linux/netlink.h */
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const SEQ_OFFSET = 8;

/** linux/netfilter/nfnetlink.h: a type is the subsystem's number and, below it, the message's. */
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const NFNL_SUBSYS_NFTABLES = 10;

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

/** Encodes one request. */
export function encodeNft({ type, family, flags, attributes }: NftMessage, seq = 0): Buffer {
  return encodeMessage(
    (NFNL_SUBSYS_NFTABLES << 8) | type,
    NLM_F_REQUEST | flags,
    seq,
    Buffer.concat([netfilterHeader(family, 0), attributes]),
  );
}

/** Changes to be made together, encoded once, to be sent as often as need be. */
export class NftBatch {
  /** How many changes there are. */
  readonly count: number;
  /** All messages; what is changed in it is sent changed. */
  readonly datagram: Buffer;
  readonly #starts: readonly number[];

  constructor(messages: readonly NftMessage[]) {
    this.count = messages.length;
    const parts = [
      encodeMark(NFNL_MSG_BATCH_BEGIN),
      ...messages.map((message, index) => {
        // Whatever fails is told without being asked for; so one acknowledgement is enough, and the
        // answers fit into any buffer.
        const isLast = index === messages.length - 1;
        return encodeNft(isLast ? { ...message, flags: message.flags | NLM_F_ACK } : message);
      }),
      encodeMark(NFNL_MSG_BATCH_END),
    ];
    let end = 0;
    this.#starts = parts.map(({ length }) => (end += length) - length);
    this.datagram = Buffer.concat(parts);
  }

  /** Numbers all messages, the marks too, in their order. */
  number(next: () => number): void {
    for (const start of this.#starts) this.datagram.writeUInt32LE(next(), start + SEQ_OFFSET);
  }
}

function encodeMark(type: number): Buffer {
  return encodeMessage(type, NLM_F_REQUEST, 0, netfilterHeader(0, NFNL_SUBSYS_NFTABLES));
}

/** struct nfgenmsg: u8 family, u8 version (0), u16 resource in network order. */
function netfilterHeader(family: number, resource: number): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt8(family, 0);
  header.writeUInt16BE(resource, 2);
  return header;
}
