import { isIPv6 } from 'node:net';
import type { Parsed } from '../../config/parsed.ts';
import { refused } from '../../config/parsed.ts';
import { isIPv4Text } from '../address/text.ts';

/** Port of the Kubernetes API. */
export const API_PORT = 6443;

/** An endpoint of the operator's own: a load balancer, a VIP or a DNS name. */
export interface CustomEndpoint {
  /** Name in lower case, IPv4, or IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

const REMEDY = 'write one like lb.example.com, 10.0.0.100:6443 or [fd00::1]';

/** A DNS name: labels of letters, digits and dashes (RFC 1123), not all digits at the end. */
export function isDnsName(text: string): boolean {
  if (text.length > 253) return false;
  const labels = text.split('.');
  if (/^\d+$/.test(labels.at(-1) ?? '')) return false;
  return labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label));
}

/** Reads `host`, `host:port`, `[v6]`, `[v6]:port`, a bare IPv6 address, each also behind https://. */
export function parseCustomEndpoint(text: string): Parsed<CustomEndpoint> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme !== undefined && scheme.toLowerCase() !== 'https') {
    const remedy = 'the Kubernetes API speaks https only';
    return { problem: `has the scheme ${scheme}, not https`, remedy };
  }
  const rest = (scheme === undefined ? text : text.slice(scheme.length + 3)).replace(/\/$/, '');
  if (isIPv6(rest) && !rest.includes('%')) {
    if (scheme === undefined) return { value: { host: canonicalIPv6(rest), port: API_PORT } };
    return { problem: 'has IPv6 without brackets', remedy: `write https://[${rest}]:${API_PORT}` };
  }
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+))(?::(\d{1,5}))?$/i.exec(rest) ?? [];
  const port = digits === undefined ? API_PORT : Number(digits);
  if (port < 1 || port > 65_535) {
    return { problem: 'names a port outside 1 to 65535', remedy: REMEDY };
  }
  if (bracketed !== undefined && isIPv6(bracketed)) {
    return { value: { host: canonicalIPv6(bracketed), port } };
  }
  if (plain !== undefined && (isIPv4Text(plain) || isDnsName(plain))) {
    return { value: { host: plain.toLowerCase(), port } };
  }
  return { problem: 'is neither a host name nor an address', remedy: REMEDY };
}

/**
 * Reads the list: entries with commas between, at least one; what is there twice counts once.
 * @returns the endpoints, or what is wrong with the first entry that is wrong
 */
export function parseCustomList(text: string): Parsed<readonly CustomEndpoint[]> {
  const entries = text.split(',').map((entry) => entry.trim());
  if (text.trim() === '') {
    return { problem: 'is empty', remedy: 'name at least one load balancer, VIP or DNS name' };
  }
  const found: CustomEndpoint[] = [];
  for (const entry of entries) {
    if (entry === '') {
      return { problem: 'has an empty entry', remedy: 'remove the comma that is too many' };
    }
    const outcome = parseCustomEndpoint(entry);
    if (refused(outcome)) {
      return { ...outcome, problem: `${JSON.stringify(entry)} ${outcome.problem}` };
    }
    found.push(outcome.value);
  }
  return { value: withoutDoubles(found) };
}

/** The first of those that are equal. */
export function withoutDoubles(endpoints: readonly CustomEndpoint[]): readonly CustomEndpoint[] {
  const byUrl = new Map<string, CustomEndpoint>();
  for (const endpoint of endpoints) {
    const url = endpointUrl(endpoint);
    if (!byUrl.has(url)) byUrl.set(url, endpoint);
  }
  return [...byUrl.values()];
}

/** `https://host:port`, IPv6 in brackets. */
export function endpointUrl({ host, port }: CustomEndpoint): string {
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

function canonicalIPv6(text: string): string {
  return new URL(`https://[${text}]`).hostname.slice(1, -1);
}
