import { sameAddress, subnetContains } from './address.ts';
import type { LinkAddress, Vip } from './types.ts';

const HOST_BITS = 32;

/**
 * The VIP with the prefix that it may have on a link. IPv4 knows a primary address of each subnet (prefix
 * and its length), and whatever came later is secondary to it: when the primary is removed, or its lifetime
 * ends, the kernel removes the secondary ones too (net/ipv4/devinet.c __inet_del_ifa; but with the sysctl
 * promote_secondaries). A VIP that was the primary would take the node's own address with it. So it has the
 * prefix that was asked for only behind an address of the node's own that has the same (the kernel goes by
 * the other end of a point-to-point link, where there is one), and else /32,
 * which is a subnet of its own. What is on the link already stays as it is while it does no harm.
 */
export function placeOn(addresses: readonly LinkAddress[], linkIndex: number, vip: Vip): Vip {
  if (vip.family === 6) return vip;
  const here = addresses.filter((each) => each.linkIndex === linkIndex && each.family === 4);
  const there = here.find((each) => each.ours && sameAddress(each, vip));
  if (there !== undefined && (there.prefixLength === HOST_BITS || there.secondary === true)) {
    return withPrefix(vip, there.prefixLength);
  }
  if (vip.prefixLength === HOST_BITS) return vip;
  const subnet = here.filter(
    ({ address, peer = address, prefixLength }) =>
      prefixLength === vip.prefixLength && subnetContains(peer, prefixLength, vip.address),
  );
  const primary = subnet.some(({ ours, secondary }) => !ours && secondary !== true);
  // The kernel refuses another scope than the subnet has (net/ipv4/devinet.c __inet_insert_ifa).
  const fits = subnet.every(({ scope = 0 }) => scope === 0);
  return primary && fits ? vip : withPrefix(vip, HOST_BITS);
}

function withPrefix(vip: Vip, prefixLength: number): Vip {
  return vip.prefixLength === prefixLength ? vip : { ...vip, prefixLength };
}

/** Whether an address of ours has become the primary of a subnet that others may be in. */
export function isPrimaryOfSubnet({ ours, prefixLength, secondary }: LinkAddress): boolean {
  return ours && prefixLength < HOST_BITS && secondary === false;
}
