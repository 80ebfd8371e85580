/** What a rule of nf_tables consists of: loads into the one register that we use, and tests of it. */
import { nested, u32be, zeroTerminated } from '../../network/attributes.ts';
import type { Attribute } from '../../network/attributes.ts';

const NFTA_EXPR_NAME = 1;
const NFTA_EXPR_DATA = 2;
const NFTA_LIST_ELEM = 1;

/** 16 bytes: an address of either family. */
const NFT_REG_1 = 1;
const NFT_REG_VERDICT = 0;

/** NFT_PAYLOAD_NETWORK_HEADER, NFT_PAYLOAD_TRANSPORT_HEADER */
const PAYLOAD_BASE = { network: 1, transport: 2 } as const;
const NFTA_PAYLOAD_DREG = 1;
const NFTA_PAYLOAD_BASE = 2;
const NFTA_PAYLOAD_OFFSET = 3;
const NFTA_PAYLOAD_LEN = 4;

/** NFT_META_PROTOCOL, NFT_META_NFPROTO, NFT_META_L4PROTO */
const META_KEY = { etherType: 1, family: 15, protocol: 16 } as const;
const NFTA_META_DREG = 1;
const NFTA_META_KEY = 2;

const NFTA_CMP_SREG = 1;
const NFTA_CMP_OP = 2;
const NFTA_CMP_DATA = 3;
const NFT_CMP_EQ = 0;
const NFTA_DATA_VALUE = 1;
const NFTA_DATA_VERDICT = 2;

const NFTA_LOOKUP_SET = 1;
const NFTA_LOOKUP_SREG = 2;
const NFTA_LOOKUP_FLAGS = 5;
const NFT_LOOKUP_F_INV = 1;

const NFTA_FIB_DREG = 1;
const NFTA_FIB_RESULT = 2;
const NFTA_FIB_FLAGS = 3;
const NFT_FIB_RESULT_ADDRTYPE = 3;
const NFTA_FIB_F_DADDR = 1 << 1;
/** linux/rtnetlink.h RTN_LOCAL */
const RTN_LOCAL = 2;

const NFTA_IMMEDIATE_DREG = 1;
const NFTA_IMMEDIATE_DATA = 2;
const NFTA_VERDICT_CODE = 1;
const NF_DROP = 0;

/** One step of a rule: an element of NFTA_RULE_EXPRESSIONS. */
export type Expression = Attribute;

function expression(name: string, data: readonly Attribute[]): Expression {
  return nested(NFTA_LIST_ELEM, [
    [NFTA_EXPR_NAME, zeroTerminated(name)],
    nested(NFTA_EXPR_DATA, data),
  ]);
}

/** Loads bytes of the packet. A packet that is too short does not match the rule. */
export function payload(
  base: keyof typeof PAYLOAD_BASE,
  offset: number,
  length: number,
): Expression {
  return expression('payload', [
    [NFTA_PAYLOAD_DREG, u32be(NFT_REG_1)],
    [NFTA_PAYLOAD_BASE, u32be(PAYLOAD_BASE[base])],
    [NFTA_PAYLOAD_OFFSET, u32be(offset)],
    [NFTA_PAYLOAD_LEN, u32be(length)],
  ]);
}

/** Loads what the kernel knows of the packet: EtherType (2 bytes), NFPROTO_* or IPPROTO_* (1). */
export function meta(key: keyof typeof META_KEY): Expression {
  return expression('meta', [
    [NFTA_META_DREG, u32be(NFT_REG_1)],
    [NFTA_META_KEY, u32be(META_KEY[key])],
  ]);
}

/** Goes on only if the loaded bytes begin with these. */
export function equal(...bytes: number[]): Expression {
  return expression('cmp', [
    [NFTA_CMP_SREG, u32be(NFT_REG_1)],
    [NFTA_CMP_OP, u32be(NFT_CMP_EQ)],
    nested(NFTA_CMP_DATA, [[NFTA_DATA_VALUE, Uint8Array.from(bytes)]]),
  ]);
}

/** Goes on only if the loaded bytes are in a set of the same table. */
export function within(set: string): Expression {
  return expression('lookup', [
    [NFTA_LOOKUP_SET, zeroTerminated(set)],
    [NFTA_LOOKUP_SREG, u32be(NFT_REG_1)],
  ]);
}

/** Goes on only if the loaded bytes are not in a set of the same table. */
export function notWithin(set: string): Expression {
  return expression('lookup', [
    [NFTA_LOOKUP_SET, zeroTerminated(set)],
    [NFTA_LOOKUP_SREG, u32be(NFT_REG_1)],
    [NFTA_LOOKUP_FLAGS, u32be(NFT_LOOKUP_F_INV)],
  ]);
}

/** Goes on only if the packet's destination is an address of this host, on any link. */
export function toThisHost(): Expression[] {
  const type = expression('fib', [
    [NFTA_FIB_DREG, u32be(NFT_REG_1)],
    [NFTA_FIB_RESULT, u32be(NFT_FIB_RESULT_ADDRTYPE)],
    [NFTA_FIB_FLAGS, u32be(NFTA_FIB_F_DADDR)],
  ]);
  // A u32 in the host's order.
  return [type, equal(RTN_LOCAL, 0, 0, 0)];
}

/** Counts what has come so far, and drops it. */
export function countAndDrop(): Expression[] {
  const verdict = nested(NFTA_DATA_VERDICT, [[NFTA_VERDICT_CODE, u32be(NF_DROP)]]);
  return [
    expression('counter', []),
    expression('immediate', [
      [NFTA_IMMEDIATE_DREG, u32be(NFT_REG_VERDICT)],
      nested(NFTA_IMMEDIATE_DATA, [verdict]),
    ]),
  ];
}
