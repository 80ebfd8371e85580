import { macText, octetsOfMac, type NeighbourFrame } from './neighbour-frame.ts';

/**
 * The few ARP frames that the instruments send and read (RFC 826; Ethernet and IPv4 only). The
 * instruments have a codec of their own on purpose: what they judge must not be what they use.
 */

const ETHERTYPE_ARP = 0x0806;
/** Ethernet header (14 bytes) and ARP packet (28 bytes). */
const FRAME_LENGTH = 42;
const ETHERTYPE_AT = 12;
const ARP_AT = 14;
const SENDER_MAC_AT = 22;
const SENDER_IP_AT = 28;
const TARGET_IP_AT = 38;
/** Hardware type Ethernet, protocol IPv4, lengths 6 and 4: all that every frame here has in common. */
const ARP_PREAMBLE = [0, 1, 8, 0, 6, 4];

export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff';

/** A broadcast question for `targetIp`. */
export function arpRequest(senderMac: string, senderIp: string, targetIp: string): Uint8Array {
  const frame = Buffer.alloc(FRAME_LENGTH);
  const mac = octetsOfMac(senderMac);
  frame.fill(0xff, 0, 6);
  frame.set(mac, 6);
  frame.writeUInt16BE(ETHERTYPE_ARP, ETHERTYPE_AT);
  frame.set([...ARP_PREAMBLE, 0, 1], ARP_AT);
  frame.set(mac, SENDER_MAC_AT);
  frame.set(octets(senderIp), SENDER_IP_AT);
  frame.set(octets(targetIp), TARGET_IP_AT);
  return frame;
}

/** Reads a frame; undefined when it is no ARP request or reply. */
export function readArp(bytes: Uint8Array): NeighbourFrame | undefined {
  // The capture sees all traffic of the switch: the cheap test comes first.
  if (bytes[ETHERTYPE_AT] !== 0x08 || bytes[ETHERTYPE_AT + 1] !== 0x06) return undefined;
  if (bytes.length < FRAME_LENGTH) return undefined;
  if (ARP_PREAMBLE.some((octet, index) => bytes[ARP_AT + index] !== octet)) return undefined;
  const operation = (bytes[ARP_AT + 6]! << 8) | bytes[ARP_AT + 7]!;
  if (operation !== 1 && operation !== 2) return undefined;
  return {
    kind: operation === 1 ? 'request' : 'reply',
    destination: macText(bytes, 0),
    senderMac: macText(bytes, SENDER_MAC_AT),
    senderIp: ipText(bytes, SENDER_IP_AT),
    targetIp: ipText(bytes, TARGET_IP_AT),
  };
}

function octets(ip: string): number[] {
  return ip.split('.').map(Number);
}

function ipText(bytes: Uint8Array, at: number): string {
  return bytes.subarray(at, at + 4).join('.');
}
