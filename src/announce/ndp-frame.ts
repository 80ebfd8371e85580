/** Neighbour discovery as whole Ethernet frames (RFC 2464), off the wire: pure functions on bytes. */
import ipaddr from 'ipaddr.js';
import { macText } from './mac.ts';
import { parseAdvertisement, parseDuplicateDetection, TARGET_AT } from './ndp.ts';

/** linux/if_ether.h ETH_P_IPV6 */
export const ETHERTYPE_IPV6 = 0x86dd;

/** Ethernet header of 14 bytes; the fixed header of 40 (RFC 8200 §3): no extension headers are read. */
const IP_AT = 14;
const PAYLOAD_LENGTH_AT = IP_AT + 4;
export const NEXT_HEADER_AT = IP_AT + 6;
const HOP_LIMIT_AT = IP_AT + 7;
export const SOURCE_IP_AT = IP_AT + 8;
const DESTINATION_IP_AT = IP_AT + 24;
export const ICMP_AT = IP_AT + 40;
export const ICMPV6 = 58;
/** The last four bytes of the target. */
export const TARGET_TAIL_AT = ICMP_AT + TARGET_AT + 12;
/** RFC 4861 §7.1: whatever has crossed a router is no neighbour's. */
const HOP_LIMIT = 255;

/** A station's word that it has an address, or is about to take it. */
export interface NdpClaim {
  /** Canonical text. */
  readonly target: string;
  /** `aa:bb:cc:dd:ee:ff` */
  readonly mac: string;
  /** It answers a question. */
  readonly solicited: boolean;
}

/**
 * Reads a frame off the wire. Checksums are not looked at: what another namespace of this machine sends
 * comes without one (the kernel trusts its own), and a damaged frame does not pass a link's own check.
 * @returns undefined for anything but a whole neighbour advertisement, or the solicitation of duplicate
 *   address detection; what other stations send is not an error of ours
 */
export function parseNdpClaim(frame: Uint8Array): NdpClaim | undefined {
  if (frame.length < ICMP_AT) return undefined;
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const known =
    bytes.readUInt16BE(12) === ETHERTYPE_IPV6 &&
    bytes.readUInt8(NEXT_HEADER_AT) === ICMPV6 &&
    bytes.readUInt8(HOP_LIMIT_AT) === HOP_LIMIT;
  if (!known) return undefined;
  const end = ICMP_AT + bytes.readUInt16BE(PAYLOAD_LENGTH_AT);
  // Behind it a driver may have padded.
  if (end > bytes.length) return undefined;
  const message = bytes.subarray(ICMP_AT, end);
  const mac = macText(bytes.subarray(6, 12));
  const said = parseAdvertisement(message);
  if (said !== undefined) {
    // §7.2.4: the answer to a question that was not to all may leave its own MAC out.
    return { target: said.target, mac: said.mac ?? mac, solicited: said.solicited };
  }
  if (!isNobody(bytes) || bytes[DESTINATION_IP_AT] !== 0xff) return undefined;
  const target = parseDuplicateDetection(message);
  return target === undefined ? undefined : { target, mac, solicited: false };
}

function isNobody(bytes: Buffer): boolean {
  const source = bytes.subarray(SOURCE_IP_AT, DESTINATION_IP_AT);
  return ipaddr.fromByteArray([...source]).range() === 'unspecified';
}
