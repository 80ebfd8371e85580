import { isMap } from 'yaml';
import ipaddr from 'ipaddr.js';
import type { Cidr } from '../../network/address.ts';
import {
  formatCidr,
  isNetworkOrBroadcast,
  parseVip,
  subnetContains,
} from '../../network/address.ts';
import { textsAt } from '../document/facts.ts';
import type { MachineConfig } from '../document/machine-config.ts';
import { keysOf, nodeAt, textAt } from '../document/syntax.ts';
import type { VipEntry } from '../document/vip-entries.ts';
import { legacyLinks, vipEntriesOf, vlansOf } from '../document/vip-entries.ts';
import type { AddressRange } from '../inventory/types.ts';
import { ALIAS } from '../render/link.ts';
import type { Findings } from './finding.ts';
import type { Known } from './known.ts';
import { clusterNetworks, linkAddresses, neighboursOf } from './known.ts';

/** L1 to L3: the address of each VIP, the link that carries it, and the link's own addressing. */
export function vipFindings(config: MachineConfig, known: Known, findings: Findings): void {
  const entries = vipEntriesOf(config);
  for (const entry of entries) {
    addressFindings(entry, config, known, findings);
    carrierFindings(entry, config, findings);
  }
  twiceFindings(entries, findings);
  for (const link of legacyLinks(config)) addressingFindings(link, config, findings);
}

/** L1 */
function addressFindings(
  { ip, form, link, node }: VipEntry,
  config: MachineConfig,
  known: Known,
  findings: Findings,
): void {
  const outcome = parseVip(ip);
  if ('problem' in outcome || ip.includes('/')) {
    const remedy =
      'remedy' in outcome ? outcome.remedy : 'leave the prefix out: Talos adds its own';
    const rule = form === 'vlan' ? 'L2' : 'L1';
    const why = form === 'vlan' ? '; Talos does not check the vip of a VLAN, and ignores it' : '';
    const problem = 'problem' in outcome ? outcome.problem : `${ip} has a prefix`;
    findings.fail(rule, node, `VIP: ${problem}${why}`, remedy);
    return;
  }
  const { vip } = outcome;
  const addresses = linkAddresses(config);
  const own = (addresses.get(link) ?? []).filter((cidr) => cidr.family === vip.family);
  const known4 = known.cidr?.family === vip.family ? [known.cidr] : [];
  const subnets = own.length > 0 ? own : known4;
  const subnet = subnets.find((cidr) => contains(cidr, vip.address));
  if (subnets.length > 0 && subnet === undefined) {
    const list = subnets.map(formatCidr).join(', ');
    const remedy = 'choose a free address of that network: ARP does not leave it';
    findings.fail('L1', node, `VIP ${ip} is not in the network of its link, ${list}`, remedy);
  }
  if (subnet !== undefined && isNetworkOrBroadcast(subnet, vip)) {
    const problem = `VIP ${ip} is the network or broadcast address of ${formatCidr(subnet)}`;
    findings.fail('L1', node, problem, 'choose one of a host');
  }
  const statics = [...addresses].flatMap(([name, cidrs]) =>
    cidrs.map(({ address }) => [address, `link ${name} of this file`] as const),
  );
  const taken = new Map([...known.taken, ...neighboursOf(config), ...statics]);
  const holder = taken.get(vip.address);
  if (holder !== undefined) {
    findings.fail('L1', node, `VIP ${ip} is the address of ${holder}`, 'choose a free one');
  }
  const { pods, services } = clusterNetworks(config);
  for (const cidr of [...known.podCidrs, ...known.serviceCidrs, ...pods, ...services]) {
    if (!contains(cidr, vip.address)) continue;
    const problem = `VIP ${ip} is in ${formatCidr(cidr)}, a network of pods or services`;
    findings.fail('L1', node, problem, 'choose one of the LAN');
  }
  if (known.dhcpRange !== undefined && isWithin(known.dhcpRange, vip.address)) {
    const { first, last } = known.dhcpRange;
    const problem = `VIP ${ip} is in the range ${first}-${last} that DHCP leases`;
    findings.fail('L1', node, problem, 'choose one outside, or reserve it');
  }
}

/** L2: the link of a VIP. */
function carrierFindings(
  { ip, form, link, node }: VipEntry,
  config: MachineConfig,
  findings: Findings,
): void {
  if (form === 'document' && config.role === 'worker') {
    const problem = `VIP ${ip} on a worker: Talos accepts the document, and no worker ever takes it`;
    findings.fail('L2', node, problem, 'keep it in the configuration of control planes');
  }
  if (link === 'eth0') {
    const problem = 'the link is eth0: with a wrong name nobody takes the VIP, and no log says so';
    findings.warn('L2', node, problem, 'compare with talosctl get links');
  }
  const aliases = config.ofKind('LinkAliasConfig').map(({ map }) => textAt(map, ['name']));
  const isDeclared = aliases.some((name) => name === link || name?.includes('%d'));
  if (form === 'document' && link === ALIAS && !isDeclared) {
    const problem = `no LinkAliasConfig names a link ${link}, and the kernel does not either`;
    findings.warn('L2', node, problem, 'add the LinkAliasConfig, or name the link itself');
  }
  if (form === 'document') return;
  const owner = legacyLinks(config).find((entry) =>
    [entry, ...vlansOf(entry)].some((one) => nodeAt(one, ['vip']) === node),
  );
  if (/^(?:true|yes|on)$/i.test(textAt(owner, ['ignore']) ?? '')) {
    const problem = `VIP ${ip} on a link that Talos is told to ignore: nobody takes it`;
    findings.fail('L2', node, problem, 'remove ignore, or the vip');
  }
  const selector = nodeAt(owner, ['deviceSelector']);
  if (!isMap(selector) || isUnique(selector)) return;
  const problem =
    'the deviceSelector may match several links: then a node deposes itself for ever, as its ' +
    'two links stand for the same VIP';
  findings.warn('L2', selector, problem, 'select by hardwareAddr, or name the interface');
}

/** A whole MAC or bus address is that of one link. */
function isUnique(selector: unknown): boolean {
  const keys = ['hardwareAddr', 'permanentAddr', 'busPath'];
  return keys.some((key) => {
    const text = textAt(selector, [key]);
    return text !== undefined && text !== '' && !/[*?[\]{}]/.test(text);
  });
}

function twiceFindings(entries: readonly VipEntry[], findings: Findings): void {
  for (const [at, { ip, link, path, node }] of entries.entries()) {
    const first = entries.slice(0, at).find((one) => ip !== '' && sameIp(one.ip, ip));
    if (first === undefined) continue;
    if (first.link === link) {
      const problem = `VIP ${ip} is there twice, in ${first.path} and ${path}`;
      findings.warn('L2', node, problem, 'keep one of the two');
    } else {
      const problem = `VIP ${ip} is on two links, ${first.link} and ${link}: they depose each other`;
      findings.fail('L2', node, problem, 'keep it on one link');
    }
  }
}

/** L3: siderolabs/talos#11887. */
function addressingFindings(link: unknown, config: MachineConfig, findings: Findings): void {
  const vips = [link, ...vlansOf(link)].filter((one) => isMap(nodeAt(one, ['vip'])));
  if (vips.length === 0) return;
  const keys = keysOf(link);
  const hasOwn =
    keys.includes('dhcp') ||
    keys.includes('cidr') ||
    textsAt(link, ['addresses']).length > 0 ||
    documentsOf(config, textAt(link, ['interface']) ?? '');
  if (hasOwn) return;
  findings.fail(
    'L3',
    link,
    'an interface entry with nothing but a VIP ends DHCP on the link: the node loses its address',
    'add dhcp: true or addresses, or dhcp: false where its address comes from elsewhere',
  );
}

function documentsOf(config: MachineConfig, name: string): boolean {
  const kinds = ['LinkConfig', 'DHCPv4Config', 'DHCPv6Config'];
  return kinds.some((kind) =>
    config.ofKind(kind).some(({ map }) => textAt(map, ['name']) === name && name !== ''),
  );
}

function contains({ address, prefixLength }: Cidr, vip: string): boolean {
  return subnetContains(address, prefixLength, vip);
}

function sameIp(one: string, other: string): boolean {
  if (!ipaddr.isValid(one) || !ipaddr.isValid(other)) return one === other;
  return ipaddr.parse(one).toString() === ipaddr.parse(other).toString();
}

function isWithin({ first, last }: AddressRange, address: string): boolean {
  const [low, high, own] = [first, last, address].map((text) => ipaddr.parse(text).toByteArray());
  if (low === undefined || high === undefined || own === undefined) return false;
  return low.length === own.length && compare(low, own) <= 0 && compare(own, high) <= 0;
}

function compare(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((byte, index) => byte !== other[index]);
  return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? 0);
}
