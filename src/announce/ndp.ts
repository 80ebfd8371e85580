/** Neighbour discovery for IPv6 (RFC 4861), as ICMPv6 messages: pure functions on bytes. */
import ipaddr from 'ipaddr.js';
import { macBytes, macText } from './mac.ts';

/** RFC 4861 §4.4 */
const NEIGHBOUR_ADVERTISEMENT = 136;
/** Type, code, checksum, flags with 29 reserved bits, target (§4.4). */
const FLAGS_AT = 4;
const TARGET_AT = 8;
const OPTIONS_AT = 24;
/** §4.6: each option is a multiple of 8 bytes long, and says so in its second byte. */
const OPTION_UNIT = 8;
/** §4.6.1; one unit holds an Ethernet address (RFC 2464 §6). */
const TARGET_LINK_LAYER_ADDRESS = 2;
const FLAG = { router: 0x80, solicited: 0x40, override: 0x20 } as const;

/** What a neighbour advertisement says. */
export interface Advertisement {
  /** Canonical text (RFC 5952). */
  readonly target: string;
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  /** `aa:bb:cc:dd:ee:ff`, undefined where the option is missing. */
  readonly mac: string | undefined;
}

/**
 * The unsolicited advertisement of RFC 4861 §7.2.6 for ff02::1: override set, so that caches take the new
 * address; solicited clear, as a multicast one must have it (§7.2.5 otherwise believes us reachable); the
 * target's link-layer address. Its router flag is clear: it tells only whether the target may stay in a
 * list of default routers (§7.2.5), which has link-local addresses and never a VIP.
 * @param mac `aa:bb:cc:dd:ee:ff`
 * @returns 32 bytes without a checksum: the kernel fills it in (RFC 3542 §3.1)
 * @throws RangeError when one is no address
 */
export function unsolicitedAdvertisement(mac: string, ip: string): Uint8Array {
  if (!ipaddr.IPv6.isValid(ip)) throw new RangeError(`not an IPv6 address: ${JSON.stringify(ip)}`);
  const message = Buffer.alloc(OPTIONS_AT + OPTION_UNIT);
  message.writeUInt8(NEIGHBOUR_ADVERTISEMENT, 0);
  message.writeUInt8(FLAG.override, FLAGS_AT);
  message.set(ipaddr.IPv6.parse(ip).toByteArray(), TARGET_AT);
  message.writeUInt8(TARGET_LINK_LAYER_ADDRESS, OPTIONS_AT);
  message.writeUInt8(1, OPTIONS_AT + 1);
  message.set(macBytes(mac), OPTIONS_AT + 2);
  return message;
}

/**
 * Reads an ICMPv6 message.
 * @returns undefined for anything but a whole advertisement that a node must heed (RFC 4861 §7.1.2, as far
 *   as the message tells); what other stations send is not an error of ours
 */
export function parseAdvertisement(message: Uint8Array): Advertisement | undefined {
  if (message.length < OPTIONS_AT) return undefined;
  if (message[0] !== NEIGHBOUR_ADVERTISEMENT || message[1] !== 0) return undefined;
  const target = ipaddr.fromByteArray([...message.subarray(TARGET_AT, OPTIONS_AT)]);
  if (target.range() === 'multicast') return undefined;
  let mac: string | undefined;
  for (let at = OPTIONS_AT; at < message.length;) {
    const length = (message[at + 1] ?? 0) * OPTION_UNIT;
    // §4.6: an option of length 0, and one that is cut off, make the whole packet void.
    if (length === 0 || at + length > message.length) return undefined;
    const isMac = message[at] === TARGET_LINK_LAYER_ADDRESS && length === OPTION_UNIT;
    if (isMac) mac ??= macText(message.subarray(at + 2, at + OPTION_UNIT));
    at += length;
  }
  const flags = message[FLAGS_AT]!;
  return {
    target: target.toString(),
    router: (flags & FLAG.router) !== 0,
    solicited: (flags & FLAG.solicited) !== 0,
    override: (flags & FLAG.override) !== 0,
    mac,
  };
}
