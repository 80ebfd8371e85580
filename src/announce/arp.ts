/** ARP for IPv4 over Ethernet (RFC 826), as whole Ethernet frames: pure functions on bytes. */
import ipaddr from 'ipaddr.js';
import { MAC_LENGTH, macBytes, macText } from './mac.ts';

/** linux/if_ether.h ETH_P_ARP */
export const ETHERTYPE_ARP = 0x0806;
/** linux/if_arp.h ARPHRD_ETHER; ETH_P_IP; lengths of their addresses. */
const HARDWARE_ETHERNET = 1;
const PROTOCOL_IPV4 = 0x0800;
const IPV4_LENGTH = 4;

/** Ethernet header of 14 bytes, then the packet of 28 (RFC 826, "Packet format"). */
const ETHERNET_HEADER_LENGTH = 14;
const ARP_FRAME_LENGTH = ETHERNET_HEADER_LENGTH + 28;
/** IEEE 802.3: shortest frame without its check sequence. Not every driver pads by itself. */
const ETHERNET_FRAME_MIN = 60;

/** The first byte of the sender's IPv4 address in a frame. */
export const SENDER_IP_OFFSET = 28;

const OPERATION = { request: 1, reply: 2 } as const;
const BROADCAST = Buffer.alloc(MAC_LENGTH, 0xff);
const NOBODY = Buffer.alloc(MAC_LENGTH);

export type ArpKind = keyof typeof OPERATION;

/** An ARP packet with the addresses of its frame. MACs are `aa:bb:cc:dd:ee:ff`. */
export interface ArpPacket {
  readonly kind: ArpKind;
  /** The frame's own addresses, which a bridge learns from. */
  readonly source: string;
  readonly destination: string;
  readonly senderMac: string;
  readonly senderIp: string;
  readonly targetMac: string;
  readonly targetIp: string;
}

/**
 * A broadcast frame that tells every station that `ip` is at `mac`.
 * - `request`: the ARP Announcement of RFC 5227 §2.3, target hardware address zero (§1.1). What
 *   stations with the address in their cache must heed (RFC 826, "merge").
 * - `reply`: for stations that heed only replies; the target hardware address is `mac` again
 *   (RFC 5944 §4.6), without which Linux does not count it as gratuitous (net/ipv4/arp.c
 *   arp_is_garp).
 *
 * The kernels, switches and appliances on a LAN differ in which they believe: both are sent.
 * @param mac `aa:bb:cc:dd:ee:ff`
 * @param ip dotted quad
 * @throws RangeError when one is not
 */
export function gratuitousArp(kind: ArpKind, mac: string, ip: string): Uint8Array {
  const own = macBytes(mac);
  const address = ipv4Bytes(ip);
  const frame = Buffer.alloc(ETHERNET_FRAME_MIN);
  frame.set(BROADCAST, 0);
  frame.set(own, 6);
  frame.writeUInt16BE(ETHERTYPE_ARP, 12);
  frame.writeUInt16BE(HARDWARE_ETHERNET, 14);
  frame.writeUInt16BE(PROTOCOL_IPV4, 16);
  frame.writeUInt8(MAC_LENGTH, 18);
  frame.writeUInt8(IPV4_LENGTH, 19);
  frame.writeUInt16BE(OPERATION[kind], 20);
  frame.set(own, 22);
  frame.set(address, 28);
  frame.set(kind === 'request' ? NOBODY : own, 32);
  frame.set(address, 38);
  return frame;
}

/**
 * A broadcast question who has `ip`, as any host asks (RFC 826).
 * @param senderIp an address of our own, to which the answer goes; `0.0.0.0` asks without claiming any
 *   (RFC 5227 §1.1, "ARP Probe")
 * @throws RangeError when a MAC or an address is none
 */
export function arpQuestion(mac: string, senderIp: string, ip: string): Uint8Array {
  const frame = Buffer.from(gratuitousArp('request', mac, ip));
  frame.set(ipv4Bytes(senderIp), 28);
  return frame;
}

/**
 * Reads a frame off the wire.
 * @returns undefined for anything but a whole request or reply for IPv4 over Ethernet; what other
 *   stations send is not an error of ours
 */
export function parseArp(frame: Uint8Array): ArpPacket | undefined {
  if (frame.length < ARP_FRAME_LENGTH) return undefined;
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const known =
    bytes.readUInt16BE(12) === ETHERTYPE_ARP &&
    bytes.readUInt16BE(14) === HARDWARE_ETHERNET &&
    bytes.readUInt16BE(16) === PROTOCOL_IPV4 &&
    bytes.readUInt8(18) === MAC_LENGTH &&
    bytes.readUInt8(19) === IPV4_LENGTH;
  const operation = bytes.readUInt16BE(20);
  if (!known || (operation !== OPERATION.request && operation !== OPERATION.reply)) {
    return undefined;
  }
  return {
    kind: operation === OPERATION.request ? 'request' : 'reply',
    destination: macText(bytes.subarray(0, 6)),
    source: macText(bytes.subarray(6, 12)),
    senderMac: macText(bytes.subarray(22, 28)),
    senderIp: bytes.subarray(28, 32).join('.'),
    targetMac: macText(bytes.subarray(32, 38)),
    targetIp: bytes.subarray(38, 42).join('.'),
  };
}

function ipv4Bytes(ip: string): Uint8Array {
  if (!ipaddr.IPv4.isValidFourPartDecimal(ip)) {
    throw new RangeError(`not an IPv4 address: ${JSON.stringify(ip)}`);
  }
  return Uint8Array.from(ipaddr.IPv4.parse(ip).toByteArray());
}
