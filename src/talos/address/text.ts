import ipaddr from 'ipaddr.js';
import type { Parsed } from '../../config/parsed.ts';
import type { Cidr } from '../../network/address.ts';

/** Four decimal numbers without leading zeros: nothing of what inet_aton reads besides. */
export function isIPv4Text(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/**
 * An address of a host, without prefix.
 * @returns its canonical text
 */
export function parseAddress(text: string): Parsed<string> {
  const strict = text.includes(':') ? /^[0-9a-f:.]+$/i.test(text) : isIPv4Text(text);
  if (!strict || !ipaddr.isValid(text)) {
    return { problem: 'is no IP address', remedy: 'write one like 10.0.0.10, without prefix' };
  }
  return { value: ipaddr.parse(text).toString() };
}

/**
 * An address or a network with its prefix, `10.0.0.0/24`.
 * @returns the address as written (bits of the host stay), in canonical text
 */
export function parseCidr(text: string): Parsed<Cidr> {
  const [addressText = '', prefix, ...rest] = text.split('/');
  const outcome = parseAddress(addressText);
  const remedy = 'write one like 10.0.0.0/24';
  if (!('value' in outcome) || rest.length > 0) {
    return { problem: 'is no address with prefix', remedy };
  }
  const family = outcome.value.includes(':') ? 6 : 4;
  const most = family === 4 ? 32 : 128;
  if (prefix === undefined || !/^(0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > most) {
    return { problem: `has no prefix from 0 to ${most}`, remedy };
  }
  return { value: { family, address: outcome.value, prefixLength: Number(prefix) } };
}

/** `00:1a:2b:3c:4d:5e`, in lower case; dashes are taken for colons. */
export function parseMac(text: string): Parsed<string> {
  const value = text.toLowerCase().replaceAll('-', ':');
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(value)) {
    return { problem: 'is no MAC address', remedy: 'write one like 00:1a:2b:3c:4d:5e' };
  }
  const first = Number.parseInt(value.slice(0, 2), 16);
  if (first % 2 === 1 || value === '00:00:00:00:00:00') {
    return { problem: 'is no MAC address of one machine', remedy: 'write that of its link' };
  }
  return { value };
}
