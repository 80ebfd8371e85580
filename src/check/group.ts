import type { GroupConfig } from '../config/types.ts';
import { formatCidr, sameAddress, subnetContains } from '../network/address.ts';
import { chooseLink, type LinkChoice } from '../network/link-choice.ts';
import type { Link, LinkAddress, Vip } from '../network/types.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** The network of this host. */
export interface NetworkSeen {
  readonly links: readonly Link[];
  /** With `ours` true for what we added, also where the kernel keeps no mark. */
  readonly addresses: readonly LinkAddress[];
}

/** Whether a group has a link to put its VIPs on, as the daemon chooses it. */
export function judgeGroup(group: GroupConfig, { links, addresses }: NetworkSeen): Finding[] {
  const { links: wanted, vips } = group;
  const name = `group ${group.name}`;
  const choice = chooseLink(links, addresses, wanted, vips);
  if (choice.kind !== 'ok') return [fail(name, choice.detail, remedyOf(choice, wanted))];
  const { link } = choice;
  const own = addresses
    .filter(({ ours, linkIndex }) => !ours && linkIndex === link.index)
    .filter(({ family }) => vips.some((vip) => vip.family === family));
  const subnets = own.map(formatCidr).join(', ');
  const where = `link ${link.name} has carrier and ${subnets}`;
  const each = vips.map((vip) => `${vip.address} ${standing(vip, links, addresses)}`);
  return [
    ok(name, `${where}; ${each.join(', ')}`),
    ...vips
      .filter((vip) => !own.some((it) => subnetContains(it.address, it.prefixLength, vip.address)))
      .map(({ address }) =>
        warn(
          name,
          `${address} is in no subnet of link ${link.name} (${subnets}): hosts of its LAN do not ask ` +
            'for it there',
          'choose a free address of that subnet, or another link; ignore this if routes lead to it',
        ),
      ),
  ];
}

function standing(vip: Vip, links: readonly Link[], addresses: readonly LinkAddress[]): string {
  const found = addresses.find((address) => sameAddress(address, vip));
  if (found === undefined) return 'is not on this host';
  const link = links.find(({ index }) => index === found.linkIndex);
  return `is on link ${link?.name ?? found.linkIndex}, put there by us`;
}

type Unfit = Exclude<LinkChoice, { kind: 'ok' }>;

function remedyOf(choice: Unfit, wanted: GroupConfig['links']): string {
  switch (choice.kind) {
    case 'missing':
      return wanted === 'auto'
        ? 'name the link (--link), or give one an address in the subnet of the VIP'
        : 'name one of these (--link), a list that fits all nodes (--link end0,eth0), or auto';
    case 'no-carrier':
      return choice.link.up
        ? 'look at cable and switch; the group takes no part until there is a carrier'
        : `ip link set ${choice.link.name} up, and see what should have done so`;
    case 'no-address':
      return 'give the link an address of its own; the VIP goes only behind one';
    case 'foreign-address':
      return (
        'stop what put it there (keepalived, kube-vip, a network configuration), and remove it ' +
        '(ip address del)'
      );
  }
}
