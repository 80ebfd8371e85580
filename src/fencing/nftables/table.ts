/**
 * Tables of nf_tables: messages that change them. All numbers of this folder are of
 * linux/netfilter/nf_tables.h and, where the name begins with NF or NFPROTO, of linux/netfilter*.h;
 * all of its functions are pure.
 */
import { encodeAttributes, zeroTerminated } from '../../network/attributes.ts';
import type { NftMessage } from '../../network/nfnetlink.ts';

/** NFPROTO_INET: IPv4 and IPv6; NFPROTO_ARP; NFPROTO_NETDEV: all frames of single links. */
export const FAMILY = { inet: 1, arp: 3, netdev: 5 } as const;
export type Family = keyof typeof FAMILY;

/** A table is known by its family and its name. */
export interface Table {
  readonly family: Family;
  readonly name: string;
}

/** linux/netlink.h */
const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_DELTABLE = 2;
const NFTA_TABLE_NAME = 1;

/** Makes a table; one that is there stays as it is. */
export function addTable({ family, name }: Table): NftMessage {
  const attributes = encodeAttributes([[NFTA_TABLE_NAME, zeroTerminated(name)]]);
  return { type: NFT_MSG_NEWTABLE, family: FAMILY[family], flags: NLM_F_CREATE, attributes };
}

/** Makes a table; where one is there the whole batch fails with `EEXIST`. */
export function addNewTable(table: Table): NftMessage {
  return { ...addTable(table), flags: NLM_F_CREATE | NLM_F_EXCL };
}

/** Removes a table with all that is in it; made in the same batch first, so that none is no error. */
export function removeTable(table: Table): NftMessage[] {
  return [addTable(table), { ...addTable(table), type: NFT_MSG_DELTABLE, flags: 0 }];
}
