import type { YAMLMap } from 'yaml';
import { isMap, isScalar, isSeq } from 'yaml';
import { refused } from '../../config/parsed.ts';
import { parseMac } from '../address/text.ts';
import { MachineConfig } from '../document/machine-config.ts';
import { keysOf, nodeAt, textAt } from '../document/syntax.ts';
import { vlanLinkName } from '../render/link.ts';

/** A virtual IP as a machine configuration, or a patch of one, has it. */
export interface FoundVip {
  readonly ip: string;
  /** Where the file says it. */
  readonly where: string;
  readonly link?: string;
  /** Hardware address that selects the link, lower case. */
  readonly mac?: string;
  /** Text of a selector that is no name and no single MAC address. */
  readonly selector?: string;
  readonly vlan?: number;
  /** Whether the link gets its address by DHCP: false where the rest of the entry says its address. */
  readonly dhcp?: boolean;
  /** Key of the provider whose API moves it: `hcloud`, `equinixMetal`. */
  readonly cloud?: string;
}

const CLOUDS = ['hcloud', 'equinixMetal'];
/** What an entry may have besides its VIP that an inventory says as well. */
const SAID_KEYS = new Set(['interface', 'deviceSelector', 'dhcp']);
/** What stands in the operator's templates for the address of each machine's own link. */
export const MAC_PLACEHOLDER = '#MACADDRESS#';

/** Every VIP, in either form, in the order of the file. */
export function findVips(config: MachineConfig): readonly FoundVip[] {
  return [
    ...interfacesOf(config).flatMap((entry) => legacyVips(config, entry)),
    ...documented(config),
  ];
}

function interfacesOf(config: MachineConfig): YAMLMap[] {
  const list = nodeAt(config.v1alpha1, ['machine', 'network', 'interfaces']);
  return isSeq(list) ? list.items.filter(isMap) : [];
}

function vlansOf(entry: YAMLMap): YAMLMap[] {
  const list = nodeAt(entry, ['vlans']);
  return isSeq(list) ? list.items.filter(isMap) : [];
}

function legacyVips(config: MachineConfig, entry: YAMLMap): FoundVip[] {
  const rest = { ...selected(entry), ...dhcpOf(entry) };
  const vipOf = (holder: YAMLMap): FoundVip[] => {
    const vip = nodeAt(holder, ['vip']);
    if (!isMap(vip)) return [];
    const cloud = keysOf(vip).find((key) => CLOUDS.includes(key));
    const ip = textAt(vip, ['ip']) ?? '';
    const where = config.where(nodeAt(vip, ['ip']) ?? vip);
    return [{ ip, where, ...rest, ...(cloud !== undefined && { cloud }) }];
  };
  const onVlans = vlansOf(entry).flatMap((holder) => {
    const vlan = Number(textAt(holder, ['vlanId']));
    // Both must get their address by DHCP: an inventory says it once for the two.
    const dhcp = rest.dhcp === true && textAt(holder, ['dhcp']) === 'true';
    return vipOf(holder).map((found) => ({ ...found, vlan, dhcp }));
  });
  return [...vipOf(entry), ...onVlans];
}

function selected(entry: YAMLMap): Pick<FoundVip, 'link' | 'mac' | 'selector'> {
  const link = textAt(entry, ['interface']);
  if (link !== undefined) return { link };
  const selector = nodeAt(entry, ['deviceSelector']);
  const keys = keysOf(selector);
  const [key = ''] = keys;
  const text = textAt(selector, [key]) ?? '';
  const mac = parseMac(text);
  const isMac = key === 'hardwareAddr' || key === 'permanentAddr';
  if (keys.length === 1 && isMac && !refused(mac)) return { mac: mac.value };
  return { selector: keys.map((each) => `${each}: ${textAt(selector, [each])}`).join(', ') };
}

function dhcpOf(entry: YAMLMap): Pick<FoundVip, 'dhcp'> {
  const dhcp = textAt(entry, ['dhcp']);
  if (dhcp === 'true') return { dhcp: true };
  const isSaid = dhcp === 'false' || isSeq(nodeAt(entry, ['addresses']));
  return isSaid || keysOf(entry).includes('cidr') ? { dhcp: false } : {};
}

function documented(config: MachineConfig): FoundVip[] {
  return config.documents.flatMap(({ kind, map }): FoundVip[] => {
    if (kind !== 'Layer2VIPConfig' && kind !== 'HCloudVIPConfig') return [];
    const ip = textAt(map, ['name']) ?? '';
    const where = config.where(nodeAt(map, ['name']) ?? map);
    const cloud = kind === 'HCloudVIPConfig' ? { cloud: 'hcloud' } : {};
    return [{ ip, where, ...linkOf(config, textAt(map, ['link']) ?? ''), ...cloud }];
  });
}

function linkOf(config: MachineConfig, name: string): Partial<FoundVip> {
  const match = matchOf(config, name);
  if (match !== undefined) {
    const [, address] = /^mac\(link\.permanent_addr\) == "([^"]+)"$/.exec(match.trim()) ?? [];
    const mac = parseMac(address ?? '');
    return refused(mac) ? { selector: match } : { mac: mac.value };
  }
  const [, base = '', digits] = /^(.+)\.(\d{1,4})$/.exec(name) ?? [];
  if (digits !== undefined && vlanLinkName(base, Number(digits)) === name) {
    return { link: base, vlan: Number(digits) };
  }
  return { link: name };
}

/** The expression of the alias with this name. */
function matchOf(config: MachineConfig, name: string): string | undefined {
  const alias = config.ofKind('LinkAliasConfig').find(({ map }) => textAt(map, ['name']) === name);
  return alias && textAt(alias.map, ['selector', 'match']);
}

/**
 * What is left of a patch when an inventory has its VIPs: entries that say nothing else go with them,
 * and so do aliases that nothing else names.
 * @returns undefined where nothing is left
 */
export function withoutVips(config: MachineConfig): string | undefined {
  const rest = MachineConfig.parse(config.toString(), config.name);
  const links = rest.ofKind('Layer2VIPConfig').map(({ map }) => textAt(map, ['link']) ?? '');
  rest.documents = rest.documents.filter(({ kind }) => kind !== 'Layer2VIPConfig');
  rest.documents = rest.documents.filter(({ kind, map }) => {
    const name = textAt(map, ['name']) ?? '';
    const isOwn = kind === 'LinkAliasConfig' && links.includes(name);
    return !isOwn || rest.documents.some((other) => other.map !== map && names(other.map, name));
  });
  const list = nodeAt(rest.v1alpha1, ['machine', 'network', 'interfaces']);
  if (isSeq(list)) list.items = list.items.filter((entry) => !isMap(entry) || !isEmptied(entry));
  for (const path of [['machine', 'network', 'interfaces'], ['machine', 'network'], ['machine']]) {
    const holder = nodeAt(rest.v1alpha1, path) as { items?: unknown[] } | undefined;
    if (holder?.items?.length === 0) rest.v1alpha1?.deleteIn(path);
  }
  rest.documents = rest.documents.filter(({ map }) => map.items.length > 0);
  return rest.documents.length === 0 ? undefined : rest.toString();
}

function names(map: YAMLMap, name: string): boolean {
  return map.items.some(({ value }) => isScalar(value) && value.value === name);
}

/** Takes the VIPs out of an entry. @returns whether nothing of its own is left */
function isEmptied(entry: YAMLMap): boolean {
  const had = entry.has('vip') || vlansOf(entry).some((vlan) => vlan.has('vip'));
  if (!had) return false;
  entry.delete('vip');
  const vlans = nodeAt(entry, ['vlans']);
  if (isSeq(vlans)) {
    const isBoth = textAt(entry, ['dhcp']) === 'true';
    vlans.items = vlans.items.filter((vlan) => {
      if (!isMap(vlan) || !vlan.has('vip')) return true;
      vlan.delete('vip');
      const isSaid = keysOf(vlan).every((key) => key === 'vlanId' || (key === 'dhcp' && isBoth));
      return !isSaid;
    });
    if (vlans.items.length === 0) entry.delete('vlans');
  }
  const isSaid = keysOf(entry).every((key) => SAID_KEYS.has(key));
  return isSaid && textAt(entry, ['dhcp']) !== 'false';
}
