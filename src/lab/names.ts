/**
 * Names and addresses of one lab. Everything derives from its run ID, so that two labs on one
 * machine never meet.
 */

/** Prefix of every network namespace of every lab: `vl<run>-h1`, `vl<run>-lan`, `vl<run>-cl`. */
const NAMESPACE_PATTERN = /^vl([a-z0-9]{4})-(?:h\d+|lan|mgmt|cl)$/;
const RUN_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const RUN_LENGTH = 4;

/** The two networks of the lab. A host has a link named like this in each. */
export const LINKS = ['end0', 'mgmt0'] as const;
export type LinkName = (typeof LINKS)[number];

/** First three octets of each network. Private (RFC 1918), and seen nowhere but in the namespaces. */
const SUBNETS: Record<LinkName, string> = { end0: '10.77.0', mgmt0: '10.78.0' };
/** Last octet of the client host in both networks. */
const CLIENT_OCTET = 200;
/** Last octet of the first VIP, on `end0`'s network. */
const VIP_OCTET = 100;
/** The most hosts a lab takes: their last octets stay below the first VIP's. */
export const NODES_MAX = 20;

/** Makes a run ID: four letters or digits. `random` yields numbers in [0, 1). */
export function newRunId(random: () => number = Math.random): string {
  const letters = Array.from({ length: RUN_LENGTH }, () =>
    RUN_ALPHABET.charAt(Math.floor(random() * RUN_ALPHABET.length)),
  );
  return letters.join('');
}

/** The run a namespace belongs to, or undefined when it is no lab's. */
export function runOfNamespace(namespace: string): string | undefined {
  return NAMESPACE_PATTERN.exec(namespace)?.[1];
}

export function hostName(index: number): string {
  return `h${index + 1}`;
}

export function hostNamespace(run: string, index: number): string {
  return `vl${run}-${hostName(index)}`;
}

export function clientNamespace(run: string): string {
  return `vl${run}-cl`;
}

/** A namespace of its own for each switch: whoever listens to one network never sees the other. */
export function switchNamespace(run: string, link: LinkName): string {
  return link === 'end0' ? `vl${run}-lan` : `vl${run}-mgmt`;
}

/** Name of a host's port on a switch, within the 15 bytes of IFNAMSIZ − 1 (linux/if.h). */
export function portName(host: string): string {
  return `port-${host}`;
}

export function hostAddress(index: number, link: LinkName): string {
  return `${SUBNETS[link]}.${index + 1}`;
}

export function clientAddress(link: LinkName): string {
  return `${SUBNETS[link]}.${CLIENT_OCTET}`;
}

/** Of which families a lab's VIPs are. */
export const FAMILIES = ['4', '6', 'dual'] as const;
export type Families = (typeof FAMILIES)[number];

/** The lab's VIPs, `count` of each family. */
export function vipAddresses(count: number, families: Families = '4'): string[] {
  const of = (address: (index: number) => string): string[] =>
    Array.from({ length: count }, (_, index) => address(VIP_OCTET + index));
  const v4 = families === '6' ? [] : of((octet) => `${SUBNETS.end0}.${octet}`);
  return families === '4' ? v4 : [...v4, ...of(address6)];
}

/** `end0` has this network, too, where VIPs are of IPv6 (RFC 4193: unique local). Canonical text (RFC 5952). */
function address6(last: number): string {
  return `fd00:77::${last.toString(16)}`;
}

export function hostAddress6(index: number): string {
  return address6(index + 1);
}

export function clientAddress6(): string {
  return address6(CLIENT_OCTET);
}

/**
 * A host's MAC: locally administered (bit 1 of the first octet, IEEE 802 §8.2), readable in a
 * capture. Octet 2 tells the network, octet 6 the host.
 */
export function hostMac(index: number, link: LinkName): string {
  const network = link === 'end0' ? '77' : '78';
  return `02:${network}:00:00:00:${(index + 1).toString(16).padStart(2, '0')}`;
}

export function clientMac(link: LinkName): string {
  return hostMac(CLIENT_OCTET - 1, link);
}
