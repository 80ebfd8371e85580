/** Sets of addresses in nf_tables, and their elements: messages that change and list them. */
import ipaddr from 'ipaddr.js';
import {
  DecodeError,
  decodeAttributes,
  encodeAttributes,
  nested,
  u32be,
  u64be,
  zeroTerminated,
} from '../../network/attributes.ts';
import type { Attribute } from '../../network/attributes.ts';
import type { NftMessage } from '../../network/nfnetlink.ts';
import { FAMILY, NLM_F_CREATE } from './table.ts';
import type { Table } from './table.ts';

const NFT_MSG_NEWSET = 9;
const NFT_MSG_NEWSETELEM = 12;
const NFT_MSG_GETSETELEM = 13;
const NFT_MSG_DELSETELEM = 14;
const NFTA_SET_TABLE = 1;
const NFTA_SET_NAME = 2;
const NFTA_SET_FLAGS = 3;
const NFTA_SET_KEY_TYPE = 4;
const NFTA_SET_KEY_LEN = 5;
const NFTA_SET_ID = 10;
const NFT_SET_TIMEOUT = 0x10;
/** What the nft program calls ipv4_addr and ipv6_addr (nftables, include/datatype.h TYPE_IP*ADDR). */
const KEY_TYPE = { 4: 7, 6: 8 } as const;

const NFTA_SET_ELEM_LIST_TABLE = 1;
const NFTA_SET_ELEM_LIST_SET = 2;
const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
const NFTA_LIST_ELEM = 1;
const NFTA_SET_ELEM_KEY = 1;
const NFTA_SET_ELEM_TIMEOUT = 4;
const NFTA_DATA_VALUE = 1;

/** Bytes of an address, by family. */
export const ADDRESS_LENGTH = { 4: 4, 6: 16 } as const;

/** A set of the addresses of one family. */
export interface AddressSet {
  readonly table: Table;
  readonly name: string;
  readonly family: 4 | 6;
  /** Whether its elements end by themselves. */
  readonly timeouts: boolean;
}

/** Makes a set; one that is there stays, with its elements, if it is of the same kind. */
export function addSet({ table, name, family, timeouts }: AddressSet): NftMessage {
  const attributes = encodeAttributes([
    [NFTA_SET_TABLE, zeroTerminated(table.name)],
    [NFTA_SET_NAME, zeroTerminated(name)],
    [NFTA_SET_FLAGS, u32be(timeouts ? NFT_SET_TIMEOUT : 0)],
    [NFTA_SET_KEY_TYPE, u32be(KEY_TYPE[family])],
    [NFTA_SET_KEY_LEN, u32be(ADDRESS_LENGTH[family])],
    // Must be there; our messages name sets by name.
    [NFTA_SET_ID, u32be(1)],
  ]);
  const type = NFT_MSG_NEWSET;
  return { type, family: FAMILY[table.family], flags: NLM_F_CREATE, attributes };
}

/** An element for each address. @param timeoutMs undefined: they stay */
function elementList(set: AddressSet, addresses: readonly string[], timeoutMs?: number): Buffer {
  const elements = addresses.map((address): Attribute => {
    const value = Uint8Array.from(ipaddr.parse(address).toByteArray());
    const element = [nested(NFTA_SET_ELEM_KEY, [[NFTA_DATA_VALUE, value]])];
    if (timeoutMs !== undefined) element.push([NFTA_SET_ELEM_TIMEOUT, u64be(timeoutMs)]);
    return nested(NFTA_LIST_ELEM, element);
  });
  return encodeAttributes([
    [NFTA_SET_ELEM_LIST_TABLE, zeroTerminated(set.table.name)],
    [NFTA_SET_ELEM_LIST_SET, zeroTerminated(set.name)],
    nested(NFTA_SET_ELEM_LIST_ELEMENTS, elements),
  ]);
}

/** Puts addresses into a set for good; those that are in it stay. */
export function addElements(set: AddressSet, addresses: readonly string[]): NftMessage[] {
  if (addresses.length === 0) return [];
  return [addition(set, elementList(set, addresses))];
}

/**
 * Puts addresses into a set for so long from now. Added, removed, added, in one batch: adding alone
 * leaves the old end of an element that is there, removing alone is an error where none is.
 * @param timeoutMs whole milliseconds, at least 1: for the kernel 0 is for ever
 */
export function renewElements(
  set: AddressSet,
  addresses: readonly string[],
  timeoutMs: number,
): NftMessage[] {
  if (addresses.length === 0) return [];
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1) {
    throw new RangeError(`not a time-out in whole milliseconds: ${timeoutMs}`);
  }
  const added = addition(set, elementList(set, addresses, timeoutMs));
  return [added, removal(set, elementList(set, addresses)), added];
}

/** Takes addresses out of a set; added in the same batch first, so that none is no error. */
export function removeElements(set: AddressSet, addresses: readonly string[]): NftMessage[] {
  if (addresses.length === 0) return [];
  const list = elementList(set, addresses);
  return [addition(set, list), removal(set, list)];
}

function addition({ table }: AddressSet, attributes: Uint8Array): NftMessage {
  const type = NFT_MSG_NEWSETELEM;
  return { type, family: FAMILY[table.family], flags: NLM_F_CREATE, attributes };
}

function removal({ table }: AddressSet, attributes: Uint8Array): NftMessage {
  return { type: NFT_MSG_DELSETELEM, family: FAMILY[table.family], flags: 0, attributes };
}

/** Lists the elements of a set. */
export function listElements({ table, name }: AddressSet): NftMessage {
  const attributes = encodeAttributes([
    [NFTA_SET_ELEM_LIST_TABLE, zeroTerminated(table.name)],
    [NFTA_SET_ELEM_LIST_SET, zeroTerminated(name)],
  ]);
  return { type: NFT_MSG_GETSETELEM, family: FAMILY[table.family], flags: 0, attributes };
}

/**
 * Decodes what follows the header of a NFT_MSG_NEWSETELEM of a set of addresses.
 * @returns canonical texts
 * @throws DecodeError
 */
export function decodeElements(attributes: Uint8Array): string[] {
  const addresses: string[] = [];
  for (const value of pick(attributes, NFTA_SET_ELEM_LIST_ELEMENTS)) {
    for (const element of pick(value, NFTA_LIST_ELEM)) {
      for (const key of pick(element, NFTA_SET_ELEM_KEY)) {
        for (const data of pick(key, NFTA_DATA_VALUE)) addresses.push(addressText(data));
      }
    }
  }
  return addresses;
}

/** The values of one type. @throws DecodeError */
function pick(attributes: Uint8Array, wanted: number): Uint8Array[] {
  return [...decodeAttributes(attributes)].flatMap(([type, value]) =>
    type === wanted ? [value] : [],
  );
}

function addressText(value: Uint8Array): string {
  if (value.length !== ADDRESS_LENGTH[4] && value.length !== ADDRESS_LENGTH[6]) {
    throw new DecodeError(`address of ${value.length} bytes`);
  }
  return ipaddr.fromByteArray([...value]).toString();
}
