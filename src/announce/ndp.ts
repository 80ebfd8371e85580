/** Neighbour discovery for IPv6 (RFC 4861), as ICMPv6 messages: pure functions on bytes. */
import ipaddr from 'ipaddr.js';
import { macBytes, macText } from './mac.ts';

/** RFC 4861 §4.3, §4.4 */
export const NEIGHBOUR_SOLICITATION = 135;
export const NEIGHBOUR_ADVERTISEMENT = 136;
/** Everybody on the link (RFC 4291 §2.7.1). */
const ALL_NODES = 'ff02::1';
/** The last three bytes of an address follow it (RFC 4291 §2.7.1). */
const SOLICITED_NODE = 'ff02::1:ff00:0';
const SOLICITED_NODE_PREFIX_LENGTH = 13;
/** Type, code, checksum, flags with 29 reserved bits, target (§4.4). */
const FLAGS_AT = 4;
export const TARGET_AT = 8;
const OPTIONS_AT = 24;
/** §4.6: each option is a multiple of 8 bytes long, and says so in its second byte. */
const OPTION_UNIT = 8;
/** §4.6.1; one unit holds an Ethernet address (RFC 2464 §6). */
const SOURCE_LINK_LAYER_ADDRESS = 1;
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
  const message = messageOf(NEIGHBOUR_ADVERTISEMENT, ip, TARGET_LINK_LAYER_ADDRESS, mac);
  message.writeUInt8(FLAG.override, FLAGS_AT);
  return message;
}

/**
 * A question who has `ip`, from an address of the link's own (RFC 4861 §4.3): it claims nothing, and who
 * has the address answers it alone. One from the unspecified address would be the claim of a host that is
 * about to take the address (RFC 4862 §5.4.2).
 * @param mac `aa:bb:cc:dd:ee:ff`, of the link: the answer goes there
 * @returns 32 bytes without a checksum: the kernel fills it in (RFC 3542 §3.1)
 * @throws RangeError when one is no address
 */
export function solicitation(mac: string, ip: string): Uint8Array {
  return messageOf(NEIGHBOUR_SOLICITATION, ip, SOURCE_LINK_LAYER_ADDRESS, mac);
}

function messageOf(type: number, target: string, option: number, mac: string): Buffer {
  if (!ipaddr.IPv6.isValid(target)) {
    throw new RangeError(`not an IPv6 address: ${JSON.stringify(target)}`);
  }
  const message = Buffer.alloc(OPTIONS_AT + OPTION_UNIT);
  message.writeUInt8(type, 0);
  message.set(ipaddr.IPv6.parse(target).toByteArray(), TARGET_AT);
  message.writeUInt8(option, OPTIONS_AT);
  message.writeUInt8(1, OPTIONS_AT + 1);
  message.set(macBytes(mac), OPTIONS_AT + 2);
  return message;
}

/**
 * Where a message that asks or tells all goes: a question to the few who may have its target (RFC 4861
 * §4.3), anything else to everybody.
 */
export function destinationOf(message: Uint8Array): string {
  if (message[0] !== NEIGHBOUR_SOLICITATION) return ALL_NODES;
  return solicitedNode(message.subarray(TARGET_AT, OPTIONS_AT));
}

function solicitedNode(target: Uint8Array): string {
  const group = ipaddr.IPv6.parse(SOLICITED_NODE).toByteArray();
  const rest = target.subarray(SOLICITED_NODE_PREFIX_LENGTH);
  return addressText([...group.slice(0, SOLICITED_NODE_PREFIX_LENGTH), ...rest]);
}

function addressText(bytes: Iterable<number>): string {
  return ipaddr.fromByteArray([...bytes]).toString();
}

/**
 * Reads an ICMPv6 message.
 * @returns undefined for anything but a whole advertisement that a node must heed (RFC 4861 §7.1.2, as far
 *   as the message tells); what other stations send is not an error of ours
 */
export function parseAdvertisement(message: Uint8Array): Advertisement | undefined {
  if (message.length < OPTIONS_AT) return undefined;
  if (message[0] !== NEIGHBOUR_ADVERTISEMENT || message[1] !== 0) return undefined;
  const target = targetOf(message);
  if (target === undefined) return undefined;
  const options = readOptions(message);
  if (options === undefined) return undefined;
  const mac = options.get(TARGET_LINK_LAYER_ADDRESS);
  const flags = message[FLAGS_AT]!;
  return {
    target,
    router: (flags & FLAG.router) !== 0,
    solicited: (flags & FLAG.solicited) !== 0,
    override: (flags & FLAG.override) !== 0,
    mac,
  };
}

/**
 * Reads an ICMPv6 message that came from the unspecified address: the question of a host that is about
 * to take an address whether anybody has it (RFC 4862 §5.4).
 * @returns the address, in canonical text; undefined for anything else (RFC 4861 §7.1.1)
 */
export function parseDuplicateDetection(message: Uint8Array): string | undefined {
  if (message.length < OPTIONS_AT) return undefined;
  if (message[0] !== NEIGHBOUR_SOLICITATION || message[1] !== 0) return undefined;
  const options = readOptions(message);
  // Who has no address yet must not say where it is.
  if (options === undefined || options.has(SOURCE_LINK_LAYER_ADDRESS)) return undefined;
  return targetOf(message);
}

/** Undefined for a multicast one, which is no station's (§7.1). */
function targetOf(message: Uint8Array): string | undefined {
  const target = ipaddr.fromByteArray([...message.subarray(TARGET_AT, OPTIONS_AT)]);
  return target.range() === 'multicast' ? undefined : target.toString();
}

/**
 * The options of a message: of each type the first that holds an Ethernet address, as text.
 * @returns undefined when one has length 0 or is cut off, which makes the whole message void (§4.6)
 */
function readOptions(message: Uint8Array): Map<number, string> | undefined {
  const found = new Map<number, string>();
  for (let at = OPTIONS_AT; at < message.length;) {
    const type = message[at]!;
    const length = (message[at + 1] ?? 0) * OPTION_UNIT;
    if (length === 0 || at + length > message.length) return undefined;
    if (length === OPTION_UNIT && !found.has(type)) {
      found.set(type, macText(message.subarray(at + 2, at + OPTION_UNIT)));
    }
    at += length;
  }
  return found;
}
