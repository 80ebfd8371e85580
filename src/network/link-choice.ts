import { formatCidr, sameAddress, subnetContains } from './address.ts';
import type { Link, LinkAddress, Vip } from './types.ts';

/** Which link the VIPs of a group go on, or why on none. `detail` is written for people. */
export type LinkChoice =
  | { readonly kind: 'ok'; readonly link: Link }
  /** No link fits; `detail` names those that exist. */
  | { readonly kind: 'missing'; readonly detail: string }
  | { readonly kind: 'no-carrier'; readonly link: Link; readonly detail: string }
  /** The link has no address of its own of a VIP's family; the VIP goes only behind one. */
  | { readonly kind: 'no-address'; readonly link: Link; readonly detail: string }
  /** Somebody else has put the VIP on a link of this host. */
  | {
      readonly kind: 'foreign-address';
      readonly vip: Vip;
      readonly link: Link;
      readonly detail: string;
    };

/**
 * Chooses the link of a group.
 * @param addresses with `ours` true for what we added, also where the kernel keeps no mark
 * @param wanted names or alternative names, the first that exists; `auto`: the link whose own
 *   subnet contains every VIP, the longest prefix first, of equals one with carrier
 */
export function chooseLink(
  links: readonly Link[],
  addresses: readonly LinkAddress[],
  wanted: 'auto' | readonly string[],
  vips: readonly Vip[],
): LinkChoice {
  const own = addresses.filter(({ ours }) => !ours);
  const link =
    wanted === 'auto' ? linkOfSubnet(links, own, vips) : linkOfName(usable(links), wanted);
  if (link === undefined) {
    return { kind: 'missing', detail: missingDetail(links, own, wanted, vips) };
  }
  return foreignAddress(links, own, vips) ?? unfit(link, own, vips) ?? { kind: 'ok', link };
}

/** A VIP on the loopback link is seen by nobody. */
function usable(links: readonly Link[]): Link[] {
  return links.filter(({ loopback }) => !loopback);
}

function isNamed(link: Link, name: string): boolean {
  return link.name === name || link.altNames.includes(name);
}

function linkOfName(links: readonly Link[], names: readonly string[]): Link | undefined {
  for (const name of names) {
    const link = links.find((candidate) => isNamed(candidate, name));
    if (link !== undefined) return link;
  }
  return undefined;
}

function linkOfSubnet(
  links: readonly Link[],
  own: readonly LinkAddress[],
  vips: readonly Vip[],
): Link | undefined {
  const fitting = usable(links)
    .map((link) => ({ link, prefixLength: commonPrefixLength(link, own, vips) }))
    .filter(({ prefixLength }) => prefixLength >= 0);
  fitting.sort(
    (one, other) =>
      other.prefixLength - one.prefixLength ||
      Number(other.link.carrier) - Number(one.link.carrier) ||
      one.link.index - other.link.index,
  );
  return fitting[0]?.link;
}

/** Of the subnets of a link that contain each VIP: the shortest prefix needed; -1 if one is in none. */
function commonPrefixLength(link: Link, own: readonly LinkAddress[], vips: readonly Vip[]): number {
  const longest = vips.map((vip) =>
    own
      .filter((address) => address.linkIndex === link.index && !sameAddress(address, vip))
      .filter(({ address, prefixLength }) => subnetContains(address, prefixLength, vip.address))
      .reduce((most, { prefixLength }) => Math.max(most, prefixLength), -1),
  );
  return longest.length === 0 ? -1 : Math.min(...longest);
}

function foreignAddress(
  links: readonly Link[],
  own: readonly LinkAddress[],
  vips: readonly Vip[],
): LinkChoice | undefined {
  for (const vip of vips) {
    const foreign = own.find((address) => sameAddress(address, vip));
    const link = links.find(({ index }) => index === foreign?.linkIndex);
    if (foreign !== undefined && link !== undefined) {
      const detail = `${formatCidr(foreign)} is on link ${link.name} and we did not put it there`;
      return { kind: 'foreign-address', vip, link, detail };
    }
  }
  return undefined;
}

function unfit(
  link: Link,
  own: readonly LinkAddress[],
  vips: readonly Vip[],
): LinkChoice | undefined {
  if (!link.up) return { kind: 'no-carrier', link, detail: `link ${link.name} is down` };
  if (!link.carrier) {
    return { kind: 'no-carrier', link, detail: `link ${link.name} has no carrier` };
  }
  const bare = vips.find(
    ({ family }) => !own.some((a) => a.linkIndex === link.index && a.family === family),
  );
  if (bare === undefined) return undefined;
  const detail = `link ${link.name} has no IPv${bare.family} address of its own`;
  return { kind: 'no-address', link, detail };
}

function missingDetail(
  links: readonly Link[],
  own: readonly LinkAddress[],
  wanted: 'auto' | readonly string[],
  vips: readonly Vip[],
): string {
  const present = usable(links).map((link) => {
    const subnets = own.filter(({ linkIndex }) => linkIndex === link.index).map(formatCidr);
    return subnets.length === 0 ? link.name : `${link.name} (${subnets.join(', ')})`;
  });
  const there =
    present.length === 0 ? 'there is none but loopback' : `there are ${present.join(', ')}`;
  if (wanted === 'auto') {
    return `no link's subnet contains ${vips.map(({ address }) => address).join(', ')}; ${there}`;
  }
  const loopback = links.find(
    (link) => link.loopback && wanted.some((name) => isNamed(link, name)),
  );
  if (loopback !== undefined) {
    return `link ${loopback.name} is loopback, where nobody would see the VIP; ${there}`;
  }
  return `no link is called ${wanted.join(' or ')}; ${there}`;
}

/**
 * Whether an IPv4 VIP is the first address of a link that has another of its own: IPv4 then uses it
 * as the source of what the host sends (it ignores that the VIP is not preferred), so it is to be
 * withdrawn and assigned again, which puts it last. IPv6 heeds the preference.
 */
export function isFirstOnLink(
  addresses: readonly LinkAddress[],
  linkIndex: number,
  vip: Vip,
): boolean {
  if (vip.family === 6) return false;
  const here = addresses.filter((a) => a.linkIndex === linkIndex && a.family === vip.family);
  const [first] = here;
  const another = here.some((a) => !a.ours && !sameAddress(a, vip));
  return first !== undefined && sameAddress(first, vip) && another;
}
