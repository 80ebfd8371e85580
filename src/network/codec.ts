/**
 * Bodies of rtnetlink's address and link messages (rtnetlink(7)): pure functions on bytes. The
 * numbers are of linux/if_addr.h, linux/if_link.h, linux/if.h and linux/rtnetlink.h.
 */
import ipaddr from 'ipaddr.js';
import {
  DecodeError,
  asBuffer,
  decodeAttributes,
  encodeAttributes,
  readString,
  readU8,
  u32,
} from './attributes.ts';
import type { Link, LinkAddress, Vip } from './types.ts';

/** linux/socket.h */
const AF_UNSPEC = 0;
const AF_INET = 2;
const AF_INET6 = 10;

/** What IFA_PROTO says of an address that we added; the kernel's own are 1 to 3 (IFAPROT_*). */
export const OUR_PROTOCOL = 0xe1;

/** struct ifaddrmsg: u8 family, u8 prefix length, u8 flags, u8 scope, u32 link index. */
const IFADDRMSG_LENGTH = 8;
const RT_SCOPE_UNIVERSE = 0;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_PROTO = 11;
const IFA_F_SECONDARY = 0x01;
const IFA_F_NODAD = 0x02;
const IFA_F_NOPREFIXROUTE = 0x200;
/** struct ifa_cacheinfo: u32 each preferred and valid seconds, created, updated. */
const CACHEINFO_LENGTH = 16;
/** net/addrconf.h INFINITY_LIFE_TIME */
const FOREVER = 0xffff_ffff;

/** struct ifinfomsg: u8 family, u8 -, u16 type, s32 index, u32 flags, u32 change. */
const IFINFOMSG_LENGTH = 16;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_WIRELESS = 11;
const IFLA_EXT_MASK = 29;
const IFLA_PROP_LIST = 52;
const IFLA_ALT_IFNAME = 53;
const RTEXT_FILTER_SKIP_STATS = 1 << 3;
const IFF_UP = 1 << 0;
const IFF_LOOPBACK = 1 << 3;
const IFF_LOWER_UP = 1 << 16;

const MAC_LENGTH = 6;

function addressHeader(linkIndex: number, vip: Vip): Buffer {
  const header = Buffer.alloc(IFADDRMSG_LENGTH);
  header.writeUInt8(vip.family === 4 ? AF_INET : AF_INET6, 0);
  header.writeUInt8(vip.prefixLength, 1);
  // RT_SCOPE_UNIVERSE, at offset 3.
  header.writeUInt32LE(linkIndex, 4);
  return header;
}

/** The address twice: LOCAL is ours, ADDRESS the other end of a point-to-point link or the same. */
function bothAddresses(vip: Vip): [number, Uint8Array][] {
  const bytes = Uint8Array.from(ipaddr.parse(vip.address).toByteArray());
  return [
    [IFA_LOCAL, bytes],
    [IFA_ADDRESS, bytes],
  ];
}

/**
 * Body of RTM_NEWADDR that puts a VIP on a link for `validSeconds`, marked as ours. Preferred for 0
 * seconds: IPv6 then never chooses it as a source (RFC 4862 §5.5.4); IPv4 only shows it. No
 * broadcast address: a VIP has no subnet of its own. IPv6 without duplicate address detection,
 * which would keep the address silent for a second while the lease already says who has it.
 * @param validSeconds whole seconds from 1 to 2^32 − 2
 */
export function encodeAssign(linkIndex: number, vip: Vip, validSeconds: number): Uint8Array {
  if (!Number.isInteger(validSeconds) || validSeconds < 1 || validSeconds >= FOREVER) {
    throw new RangeError(`not a lifetime in whole seconds: ${validSeconds}`);
  }
  const cacheInfo = Buffer.alloc(CACHEINFO_LENGTH);
  cacheInfo.writeUInt32LE(validSeconds, 4);
  const attributes = encodeAttributes([
    ...bothAddresses(vip),
    [IFA_CACHEINFO, cacheInfo],
    [IFA_FLAGS, u32(flagsOf(vip))],
    // Kernels before 5.18 ignore it.
    [IFA_PROTO, Uint8Array.of(OUR_PROTOCOL)],
  ]);
  return Buffer.concat([addressHeader(linkIndex, vip), attributes]);
}

function flagsOf({ family, prefixLength }: Vip): number {
  // A VIP in a subnet brings no route to it: that is the link's own address's, and would end with the VIP.
  const subnet = prefixLength < (family === 4 ? 32 : 128) ? IFA_F_NOPREFIXROUTE : 0;
  return subnet | (family === 6 ? IFA_F_NODAD : 0);
}

/** Body of RTM_DELADDR that takes a VIP off a link. */
export function encodeWithdraw(linkIndex: number, vip: Vip): Uint8Array {
  return Buffer.concat([addressHeader(linkIndex, vip), encodeAttributes(bothAddresses(vip))]);
}

/** Body of RTM_GETADDR that asks for all addresses. */
export function encodeAddressQuery(): Uint8Array {
  return Buffer.alloc(IFADDRMSG_LENGTH);
}

/** Body of RTM_GETLINK that asks for all links, without their counters. */
export function encodeLinkQuery(): Uint8Array {
  const mask = encodeAttributes([[IFLA_EXT_MASK, u32(RTEXT_FILTER_SKIP_STATS)]]);
  return Buffer.concat([Buffer.alloc(IFINFOMSG_LENGTH), mask]);
}

function addressText(family: 4 | 6, value: Uint8Array): string {
  if (value.length !== (family === 4 ? 4 : 16)) {
    throw new DecodeError(`IPv${family} address of ${value.length} bytes`);
  }
  return ipaddr.fromByteArray([...value]).toString();
}

/**
 * Decodes a body of RTM_NEWADDR or RTM_DELADDR.
 * @returns undefined for a family other than IPv4 and IPv6
 * @throws DecodeError
 */
export function decodeAddress(body: Uint8Array): LinkAddress | undefined {
  if (body.length < IFADDRMSG_LENGTH) throw new DecodeError(`ifaddrmsg of ${body.length} bytes`);
  const header = asBuffer(body);
  const code = header.readUInt8(0);
  if (code !== AF_INET && code !== AF_INET6) return undefined;
  const family = code === AF_INET ? 4 : 6;
  const prefixLength = header.readUInt8(1);
  if (prefixLength > (family === 4 ? 32 : 128)) {
    throw new DecodeError(`IPv${family} prefix of ${prefixLength} bits`);
  }
  let local: string | undefined;
  let other: string | undefined;
  let protocol: number | undefined;
  let validSeconds = Infinity;
  for (const [type, value] of decodeAttributes(body.subarray(IFADDRMSG_LENGTH))) {
    if (type === IFA_LOCAL) local = addressText(family, value);
    else if (type === IFA_ADDRESS) other = addressText(family, value);
    else if (type === IFA_PROTO) protocol = readU8(value);
    else if (type === IFA_CACHEINFO) {
      if (value.length < 8) throw new DecodeError(`ifa_cacheinfo of ${value.length} bytes`);
      const seconds = asBuffer(value).readUInt32LE(4);
      validSeconds = seconds === FOREVER ? Infinity : seconds;
    }
  }
  // IPv6 sends LOCAL only on a point-to-point link.
  const address = local ?? other;
  if (address === undefined) throw new DecodeError('address message without an address');
  const scope = header.readUInt8(3);
  return {
    linkIndex: header.readUInt32LE(4),
    family,
    address,
    prefixLength,
    ours: protocol === OUR_PROTOCOL,
    // The first eight flags are in the header, too. IPv6 calls the same bit temporary.
    ...(family === 4 && { secondary: (header.readUInt8(2) & IFA_F_SECONDARY) !== 0 }),
    ...(family === 4 && scope !== RT_SCOPE_UNIVERSE && { scope }),
    ...(other !== undefined && other !== address && { peer: other }),
    validSeconds,
  };
}

/** Whether an address message of this kernel says who added the address. @throws DecodeError */
export function carriesProtocol(body: Uint8Array): boolean {
  return [...decodeAttributes(body.subarray(IFADDRMSG_LENGTH))].some(
    ([type]) => type === IFA_PROTO,
  );
}

/**
 * Decodes a body of RTM_NEWLINK or RTM_DELLINK.
 * @returns undefined for what is not about the link itself: a bridge port's message (its DELLINK
 * only says that the port left the bridge) and a wireless event, which lacks the address
 * @throws DecodeError
 */
export function decodeLink(body: Uint8Array): Link | undefined {
  if (body.length < IFINFOMSG_LENGTH) throw new DecodeError(`ifinfomsg of ${body.length} bytes`);
  const header = asBuffer(body);
  if (header.readUInt8(0) !== AF_UNSPEC) return undefined;
  const flags = header.readUInt32LE(8);
  const altNames: string[] = [];
  let name: string | undefined;
  let mac = '';
  for (const [type, value] of decodeAttributes(body.subarray(IFINFOMSG_LENGTH))) {
    if (type === IFLA_WIRELESS) return undefined;
    if (type === IFLA_IFNAME) name = readString(value);
    else if (type === IFLA_ADDRESS && value.length === MAC_LENGTH) mac = macText(value);
    else if (type === IFLA_PROP_LIST) {
      for (const [property, text] of decodeAttributes(value)) {
        if (property === IFLA_ALT_IFNAME) altNames.push(readString(text));
      }
    }
  }
  if (name === undefined) throw new DecodeError('link message without a name');
  return {
    index: header.readInt32LE(4),
    name,
    altNames,
    mac,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_LOWER_UP) !== 0,
  };
}

/** Six bytes as `aa:bb:cc:dd:ee:ff`. */
function macText(value: Uint8Array): string {
  return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
