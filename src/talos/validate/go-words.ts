/**
 * What Go's standard library says of an address, as far as Talos repeats it: its messages are to be
 * found by whoever searches for them.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** The error of netip.ParseAddr, or undefined for an address (one with a zone is one, too). */
export function parseAddrError(text: string): string | undefined {
  const first = /[.:%]/.exec(text)?.[0];
  const say = (what: string): string => `ParseAddr(${JSON.stringify(text)}): ${what}`;
  if (first === '.') {
    const problem = ipv4Error(text);
    return problem === undefined ? undefined : say(problem);
  }
  if (first === ':') return isIPv6(text) ? undefined : say('unable to parse IP');
  return say(first === '%' ? 'missing IPv6 address' : 'unable to parse IP');
}

/** Whether net.ParseIP takes it: no zone, no leading zeros. */
export function isGoIp(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !text.includes('%'));
}

function ipv4Error(text: string): string | undefined {
  const at = (index: number): string => `(at ${JSON.stringify(text.slice(index))})`;
  let value = 0;
  let digits = 0;
  let fields = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (/\d/.test(character)) {
      if (digits === 1 && value === 0) return 'IPv4 field has octet with leading zero';
      value = value * 10 + Number(character);
      digits += 1;
      if (value > 255) return 'IPv4 field has value >255';
    } else if (character === '.') {
      const isBare = index === 0 || index === text.length - 1 || text[index - 1] === '.';
      if (isBare) return `IPv4 field must have at least one digit ${at(index)}`;
      if (fields === 3) return 'IPv4 address too long';
      fields += 1;
      value = 0;
      digits = 0;
    } else {
      return `unexpected character ${at(index)}`;
    }
  }
  return fields < 3 ? 'IPv4 address too short' : undefined;
}
