import ipaddr from 'ipaddr.js';
import type { Vip } from './types.ts';

/** A VIP, or what is wrong with the text and what would be right. */
export type ParsedVip =
  | { readonly vip: Vip }
  | { readonly problem: string; readonly remedy: string };

/** An address with the length of its subnet's prefix: a Vip and a LinkAddress are both. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly address: string;
  readonly prefixLength: number;
}

/** Ranges (ipaddr.js's names) that no VIP can be in, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  unspecified: 'means no address',
  loopback: 'never leaves the host',
  multicast: 'is for groups of hosts',
  broadcast: 'is for all hosts',
  linkLocal: 'is only valid on its link and chosen by the host itself',
  ipv4Mapped: 'is an IPv4 address in IPv6 clothes',
};

/**
 * Reads a VIP as an operator writes it: `10.0.0.100`, `10.0.0.100/24`, `fd00::100`. Without a
 * prefix it is /32 or /128.
 */
export function parseVip(text: string): ParsedVip {
  const [addressText = '', prefixText, ...rest] = text.split('/');
  const family = addressText.includes(':') ? 6 : 4;
  if (!isAddress(addressText, family) || rest.length > 0) {
    return {
      problem: `${JSON.stringify(text)} is not an IP address`,
      remedy: 'write four decimal numbers such as 10.0.0.100, or IPv6 without brackets or zone',
    };
  }
  const parsed = ipaddr.parse(addressText);
  const why = REFUSED[parsed.range()];
  if (why !== undefined) {
    return {
      problem: `${addressText} ${why}`,
      remedy: 'use a free unicast address of the LAN, outside its DHCP range',
    };
  }
  const bits = family === 4 ? 32 : 128;
  const prefixLength = prefixText === undefined ? bits : Number(prefixText);
  if (prefixText !== undefined && (!/^[1-9]\d{0,2}$/.test(prefixText) || prefixLength > bits)) {
    return {
      problem: `/${prefixText} is not a prefix length`,
      remedy: `leave it out for /${bits}, or write 1 to ${bits}`,
    };
  }
  const vip: Vip = { family, address: parsed.toString(), prefixLength };
  if (isNetworkOrBroadcast(vip, vip)) {
    return {
      problem: `${formatCidr(vip)} is the network or broadcast address of its own subnet`,
      remedy: 'use an address of a host',
    };
  }
  return { vip };
}

/** Strict: no zone, no brackets, no octal, hexadecimal or shortened IPv4, which ipaddr.js allows. */
function isAddress(text: string, family: 4 | 6): boolean {
  if (family === 4) return ipaddr.IPv4.isValidFourPartDecimal(text);
  return /^[0-9a-fA-F:.]+$/.test(text) && ipaddr.IPv6.isValid(text);
}

/** `10.0.0.100/32`. */
export function formatCidr({ address, prefixLength }: Cidr): string {
  return `${address}/${prefixLength}`;
}

/** Same address, whatever the prefix. Addresses are in canonical text everywhere. */
export function sameAddress(one: Cidr, other: Cidr): boolean {
  return one.family === other.family && one.address === other.address;
}

/** Same address and prefix: what the kernel takes for the same address on a link. */
export function sameVip(one: Cidr, other: Cidr): boolean {
  return sameAddress(one, other) && one.prefixLength === other.prefixLength;
}

/** Whether `other` is in the subnet `address/prefixLength`. Never across families. */
export function subnetContains(address: string, prefixLength: number, other: string): boolean {
  const [subnet, inside] = [ipaddr.parse(address), ipaddr.parse(other)];
  if (subnet.kind() !== inside.kind()) return false;
  return inside.match(subnet, prefixLength);
}

/**
 * Whether `vip` is, in the subnet of `own`, the address of the network itself or its broadcast
 * address (RFC 922); for IPv6 the subnet-router anycast address (RFC 4291 §2.6.1). Subnets of one
 * and two addresses have neither (RFC 3021, RFC 6164).
 */
export function isNetworkOrBroadcast(own: Cidr, vip: Cidr): boolean {
  const hostBits = (own.family === 4 ? 32 : 128) - own.prefixLength;
  if (hostBits < 2 || !subnetContains(own.address, own.prefixLength, vip.address)) return false;
  const value = toBigInt(vip.address);
  const hostMask = (1n << BigInt(hostBits)) - 1n;
  const host = value & hostMask;
  return host === 0n || (own.family === 4 && host === hostMask);
}

function toBigInt(address: string): bigint {
  return ipaddr
    .parse(address)
    .toByteArray()
    .reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
