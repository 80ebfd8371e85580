import { createHash } from 'node:crypto';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Inventory, Machine } from '../inventory/types.ts';

/** Name of the alias by which a link is named that is only known by its MAC address. */
export const ALIAS = 'net0';
const LINK_NAME_MAX = 15;

/** Which link carries the VIP of a machine. */
export type VipLink = { readonly name: string } | { readonly mac: string };

/** The link of a machine's own, or else the inventory's. @throws OperatorError */
export function vipLinkOf({ link, mac, name }: Machine, { vipLink }: Inventory): VipLink {
  if (link !== undefined) return { name: link };
  if (mac !== undefined) return { mac };
  if (vipLink !== undefined) return { name: vipLink };
  const remedy = 'give the node link or mac, or the inventory vipLink (eth0 is rarely right)';
  throw new OperatorError(`node ${name} has no link for the VIP: ${remedy}`, ExitCode.usage);
}

/** Name that Talos gives to a VLAN on a link (VLANLinkName in pkg/machinery/nethelpers/vlan.go). */
export function vlanLinkName(base: string, vlan: number): string {
  const readable = `${base}.${vlan}`;
  // Room for a dot and four digits, whatever the number is.
  if (base.length + 5 <= LINK_NAME_MAX) return readable;
  const hash = createHash('sha256').update(base).digest('hex').slice(0, 6);
  return `${base.slice(0, 4)}${hash}.${vlan}`;
}
