import ipaddr from 'ipaddr.js';
import { macText, octetsOfMac, type NeighbourFrame } from './neighbour-frame.ts';

/**
 * The few neighbour discovery frames that the instruments send and read (RFC 4861 on RFC 2464, no
 * extension headers). Of their own on purpose, as those of ARP: what they judge must not be what they use.
 */

const ETHERTYPE_AT = 12;
/** Ethernet header (14 bytes), IPv6 header (40), solicitation or advertisement (24), one option (8). */
const IP_AT = 14;
const SOURCE_AT = IP_AT + 8;
const DESTINATION_AT = IP_AT + 24;
const ICMP_AT = IP_AT + 40;
const TARGET_AT = ICMP_AT + 8;
const OPTION_AT = ICMP_AT + 24;
const FRAME_LENGTH = OPTION_AT + 8;
const ICMPV6 = 58;
/** RFC 4861 §7.1: whatever passed a router is no neighbour's. */
const HOP_LIMIT = 255;
const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const SOURCE_LINK_LAYER_ADDRESS = 1;
const TARGET_LINK_LAYER_ADDRESS = 2;

function bytesOf(ip: string): number[] {
  return ipaddr.IPv6.parse(ip).toByteArray();
}

/** RFC 1071 over the pseudo header of RFC 8200 §8.1 and the message. */
function checksum(frame: Buffer): number {
  let sum = frame.length - ICMP_AT + ICMPV6;
  for (let at = SOURCE_AT; at < frame.length; at += 2) sum += frame.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** A question for `targetIp` to its solicited-node address (RFC 4291 §2.7.1, RFC 2464 §7). */
export function neighbourSolicitation(
  senderMac: string,
  senderIp: string,
  targetIp: string,
): Uint8Array {
  const frame = Buffer.alloc(FRAME_LENGTH);
  const target = bytesOf(targetIp);
  const group = [...bytesOf('ff02::1:ff00:0').slice(0, 13), ...target.slice(13)];
  const mac = octetsOfMac(senderMac);
  frame.set([0x33, 0x33, ...group.slice(12)], 0);
  frame.set(mac, 6);
  frame.writeUInt16BE(0x86dd, ETHERTYPE_AT);
  frame.set([0x60, 0, 0, 0, 0, FRAME_LENGTH - ICMP_AT, ICMPV6, HOP_LIMIT], IP_AT);
  frame.set(bytesOf(senderIp), SOURCE_AT);
  frame.set(group, DESTINATION_AT);
  frame.writeUInt8(SOLICITATION, ICMP_AT);
  frame.set(target, TARGET_AT);
  frame.set([SOURCE_LINK_LAYER_ADDRESS, 1, ...mac], OPTION_AT);
  frame.writeUInt16BE(checksum(frame), ICMP_AT + 2);
  return frame;
}

/** Reads a frame; undefined when it is no neighbour solicitation or advertisement. */
export function readNdp(bytes: Uint8Array): NeighbourFrame | undefined {
  // The capture sees all traffic of the switch: the cheap test comes first.
  if (bytes[ETHERTYPE_AT] !== 0x86 || bytes[ETHERTYPE_AT + 1] !== 0xdd) return undefined;
  if (bytes.length < OPTION_AT || bytes[IP_AT + 6] !== ICMPV6) return undefined;
  const type = bytes[ICMP_AT];
  if (type !== SOLICITATION && type !== ADVERTISEMENT) return undefined;
  if (bytes[IP_AT + 7] !== HOP_LIMIT) return undefined;
  const target = ipText(bytes, TARGET_AT);
  const source = ipText(bytes, SOURCE_AT);
  const destination = macText(bytes, 0);
  if (type === SOLICITATION) {
    const senderMac = macText(bytes, 6);
    return { kind: 'request', destination, senderMac, senderIp: source, targetIp: target };
  }
  const told = bytes.length >= FRAME_LENGTH && bytes[OPTION_AT] === TARGET_LINK_LAYER_ADDRESS;
  const senderMac = macText(bytes, told ? OPTION_AT + 2 : 6);
  const asker = ipText(bytes, DESTINATION_AT);
  return { kind: 'reply', destination, senderMac, senderIp: target, targetIp: asker };
}

function ipText(bytes: Uint8Array, at: number): string {
  return ipaddr.fromByteArray([...bytes.subarray(at, at + 16)]).toString();
}
