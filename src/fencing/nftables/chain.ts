/** Base chains of nf_tables: messages that change and list them. */
import {
  decodeAttributes,
  encodeAttributes,
  nested,
  readString,
  u32be,
  zeroTerminated,
} from '../../network/attributes.ts';
import type { NftMessage } from '../../network/nfnetlink.ts';
import { FAMILY, NLM_F_CREATE } from './table.ts';
import type { Table } from './table.ts';

const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_GETCHAIN = 4;
const NFT_MSG_DELCHAIN = 5;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_HOOK = 4;
const NFTA_CHAIN_POLICY = 5;
const NFTA_CHAIN_TYPE = 7;
const NFTA_HOOK_HOOKNUM = 1;
const NFTA_HOOK_PRIORITY = 2;
const NFTA_HOOK_DEV = 3;
const NF_ACCEPT = 1;

/** NF_ARP_OUT; NF_INET_PRE_ROUTING, NF_INET_LOCAL_OUT; NF_NETDEV_EGRESS (Linux ≥ 5.16). */
export const HOOK = {
  arp: { output: 1 },
  inet: { prerouting: 0, output: 3 },
  netdev: { egress: 1 },
} as const;

/** Where in the kernel packets meet a chain. */
export interface Hook {
  /** Of `HOOK`. */
  readonly number: number;
  /** Lower is earlier; conntrack's is −200 (linux/netfilter_ipv4.h NF_IP_PRI_CONNTRACK). */
  readonly priority: number;
  /** The link's name, in family netdev. */
  readonly link?: string;
}

function named(table: Table, name: string): [number, Uint8Array][] {
  return [
    [NFTA_CHAIN_TABLE, zeroTerminated(table.name)],
    [NFTA_CHAIN_NAME, zeroTerminated(name)],
  ];
}

/**
 * Makes a chain at a hook, which lets through what no rule of it drops; one that is there stays, if
 * its hook is the same.
 */
export function addChain(table: Table, name: string, hook: Hook): NftMessage {
  const where: [number, Uint8Array][] = [
    [NFTA_HOOK_HOOKNUM, u32be(hook.number)],
    [NFTA_HOOK_PRIORITY, u32be(hook.priority)],
  ];
  if (hook.link !== undefined) where.push([NFTA_HOOK_DEV, zeroTerminated(hook.link)]);
  const attributes = encodeAttributes([
    ...named(table, name),
    nested(NFTA_CHAIN_HOOK, where),
    [NFTA_CHAIN_POLICY, u32be(NF_ACCEPT)],
    [NFTA_CHAIN_TYPE, zeroTerminated('filter')],
  ]);
  const family = FAMILY[table.family];
  return { type: NFT_MSG_NEWCHAIN, family, flags: NLM_F_CREATE, attributes };
}

/** Removes a chain with its rules; made in the same batch first, so that none is no error. */
export function removeChain(table: Table, name: string): NftMessage[] {
  const family = FAMILY[table.family];
  const attributes = encodeAttributes(named(table, name));
  return [
    { type: NFT_MSG_NEWCHAIN, family, flags: NLM_F_CREATE, attributes },
    { type: NFT_MSG_DELCHAIN, family, flags: 0, attributes },
  ];
}

/** Lists the chains of all tables of a family. */
export function listChains(table: Table): NftMessage {
  const attributes = new Uint8Array();
  return { type: NFT_MSG_GETCHAIN, family: FAMILY[table.family], flags: 0, attributes };
}

/** A chain as the kernel lists it. */
export interface ListedChain {
  readonly table: string;
  readonly name: string;
  /** The name of the link whose frames it meets; undefined also when that link is gone. */
  readonly link: string | undefined;
}

/** Decodes what follows the header of a NFT_MSG_NEWCHAIN. @throws DecodeError */
export function decodeChain(attributes: Uint8Array): ListedChain {
  let table = '';
  let name = '';
  let link: string | undefined;
  for (const [type, value] of decodeAttributes(attributes)) {
    if (type === NFTA_CHAIN_TABLE) table = readString(value);
    else if (type === NFTA_CHAIN_NAME) name = readString(value);
    else if (type === NFTA_CHAIN_HOOK) {
      for (const [part, text] of decodeAttributes(value)) {
        if (part === NFTA_HOOK_DEV) link = readString(text);
      }
    }
  }
  return { table, name, link };
}
