/** Sets of addresses in nf_tables, and their elements: messages that change and list them. */
import ipaddr from 'ipaddr.js';
import {
  DecodeError,
  asBuffer,
  decodeAttributes,
  encodeAttributes,
  nested,
  u32be,
  zeroTerminated,
} from '../../network/attributes.ts';
import type { Attribute } from '../../network/attributes.ts';
import type { NftMessage } from '../../network/nfnetlink.ts';
import { RENEWAL } from './renewal.ts';
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
/** A u64. */
const TIMEOUT_LENGTH = 8;
const TWO_TO_32 = 2 ** 32;

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

/** Addresses as elements, for any set of their family: encoded once for all tables. */
export type Elements = Attribute;

/**
 * Encodes addresses as elements.
 * @param timeoutMs whole milliseconds, at least 1, that they stay when added; undefined: for good
 * @throws RangeError
 */
export function encodeElements(addresses: readonly string[], timeoutMs?: number): Elements {
  const timeout = Buffer.alloc(TIMEOUT_LENGTH);
  if (timeoutMs !== undefined) writeTimeout(timeout, timeoutMs);
  const end: Attribute[] = timeoutMs === undefined ? [] : [[NFTA_SET_ELEM_TIMEOUT, timeout]];
  const elements = addresses.map((address) => {
    const value = Uint8Array.from(ipaddr.parse(address).toByteArray());
    return nested(NFTA_LIST_ELEM, [nested(NFTA_SET_ELEM_KEY, [[NFTA_DATA_VALUE, value]]), ...end]);
  });
  return nested(NFTA_SET_ELEM_LIST_ELEMENTS, elements);
}

/**
 * Writes how long an element stays.
 * @param place one of `elementTimeouts`
 * @throws RangeError when it is not whole milliseconds, at least 1
 */
export function writeTimeout(place: Buffer, timeoutMs: number): void {
  // For the kernel 0 is for ever.
  if (!(Number.isSafeInteger(timeoutMs) && timeoutMs >= 1)) {
    throw new RangeError(`not a time-out in whole milliseconds: ${timeoutMs}`);
  }
  place.writeUInt32BE(Math.floor(timeoutMs / TWO_TO_32), 0);
  place.writeUInt32BE(timeoutMs % TWO_TO_32, 4);
}

/** Where it stands how long each element stays, in the attributes of a change of elements. */
export function elementTimeouts(attributes: Uint8Array): Buffer[] {
  return pick(attributes, NFTA_SET_ELEM_LIST_ELEMENTS)
    .flatMap((elements) => pick(elements, NFTA_LIST_ELEM))
    .flatMap((element) => pick(element, NFTA_SET_ELEM_TIMEOUT))
    .map(asBuffer);
}

/** Puts elements into a set; those that are in it stay as they are. */
export function addElements(set: AddressSet, elements: Elements): NftMessage[] {
  return [{ ...removal(set, elements), type: NFT_MSG_NEWSETELEM, flags: NLM_F_CREATE }];
}

/**
 * Puts elements into a set, for their time from now, however long they were to be in it (renewal.ts).
 */
export function renewElements(set: AddressSet, elements: Elements): NftMessage[] {
  const steps = { add: addElements(set, elements), delete: [removal(set, elements)] };
  return RENEWAL.flatMap((step) => steps[step]);
}

/** Takes elements out of a set; added in the same batch first, so that none is no error. */
export function removeElements(set: AddressSet, elements: Elements): NftMessage[] {
  return [...addElements(set, elements), removal(set, elements)];
}

/** The kernel looks at the keys alone. */
function removal(set: AddressSet, elements: Elements): NftMessage {
  const attributes = encodeAttributes([...place(set), elements]);
  const family = FAMILY[set.table.family];
  return { type: NFT_MSG_DELSETELEM, family, flags: 0, attributes };
}

function place({ table, name }: AddressSet): Attribute[] {
  return [
    [NFTA_SET_ELEM_LIST_TABLE, zeroTerminated(table.name)],
    [NFTA_SET_ELEM_LIST_SET, zeroTerminated(name)],
  ];
}

/** Lists the elements of a set. */
export function listElements(set: AddressSet): NftMessage {
  const attributes = encodeAttributes(place(set));
  return { type: NFT_MSG_GETSETELEM, family: FAMILY[set.table.family], flags: 0, attributes };
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
