import type { Cidr } from '../../network/address.ts';
import { parseCidr } from '../address/text.ts';
import { refused } from '../../config/parsed.ts';
import { textsAt } from '../document/facts.ts';
import type { MachineConfig } from '../document/machine-config.ts';
import { nodeAt, textAt } from '../document/syntax.ts';
import { legacyLinks, vlansOf } from '../document/vip-entries.ts';
import type { AddressRange, Inventory } from '../inventory/types.ts';
import type { TalosVersion } from '../version.ts';
import { isSeq } from 'yaml';

/** What is known beside the file that is looked at: from an inventory, flags and the other files. */
export interface Known {
  readonly cidr?: Cidr;
  readonly dhcpRange?: AddressRange;
  readonly podCidrs: readonly Cidr[];
  readonly serviceCidrs: readonly Cidr[];
  /** Addresses in use, and by whom: `the gateway`, `node cp-1`. */
  readonly taken: ReadonlyMap<string, string>;
  /** Undefined where only templates are known. */
  readonly controlPlanes?: number;
  readonly version?: TalosVersion;
}

/** Nothing is known but the files. */
export const NOTHING: Known = { podCidrs: [], serviceCidrs: [], taken: new Map() };

/** What an inventory says. */
export function knownOf({ network, machines, talosVersion }: Inventory): Known {
  const taken = new Map<string, string>();
  if (network.gateway !== undefined) taken.set(network.gateway, 'the gateway');
  for (const server of network.dns) taken.set(server, 'a name server');
  for (const { name, address, addresses } of machines) {
    taken.set(address, `node ${name}`);
    for (const own of addresses) taken.set(own.address, `node ${name}`);
  }
  return {
    ...(network.cidr !== undefined && { cidr: network.cidr }),
    ...(network.dhcpRange !== undefined && { dhcpRange: network.dhcpRange }),
    podCidrs: network.podCidrs,
    serviceCidrs: network.serviceCidrs,
    taken,
    controlPlanes: machines.filter(({ role }) => role === 'controlplane').length,
    ...(talosVersion !== undefined && { version: talosVersion }),
  };
}

/** The static addresses of a file, by the name of the link that has them. */
export function linkAddresses(config: MachineConfig): Map<string, Cidr[]> {
  const found = new Map<string, Cidr[]>();
  const add = (link: string, texts: readonly string[]): void => {
    const cidrs = texts.flatMap((text) => valid(text));
    found.set(link, [...(found.get(link) ?? []), ...cidrs]);
  };
  for (const link of legacyLinks(config)) {
    const name = textAt(link, ['interface']) ?? '';
    add(name, textsAt(link, ['addresses']));
    for (const vlan of vlansOf(link)) {
      add(`${name}.${textAt(vlan, ['vlanId']) ?? ''}`, textsAt(vlan, ['addresses']));
    }
  }
  for (const kind of ['LinkConfig', 'BondConfig', 'BridgeConfig', 'VLANConfig']) {
    for (const { map } of config.ofKind(kind)) {
      const list = nodeAt(map, ['addresses']);
      const texts = isSeq(list) ? list.items.map((item) => textAt(item, ['address']) ?? '') : [];
      add(textAt(map, ['name']) ?? '', texts);
    }
  }
  return found;
}

/** Gateways and name servers of a file. */
export function neighboursOf(config: MachineConfig): Map<string, string> {
  const gateways = legacyLinks(config).flatMap((link) => {
    return [link, ...vlansOf(link)].flatMap((one) => gatewaysOf(one));
  });
  const documents = config.ofKind('LinkConfig').flatMap(({ map }) => gatewaysOf(map));
  const network = nodeAt(config.v1alpha1, ['machine', 'network']);
  return new Map([
    ...textsAt(network, ['nameservers']).map((text) => [text, 'a name server'] as const),
    ...[...gateways, ...documents].map((text) => [text, 'a gateway'] as const),
  ]);
}

/** The networks of pods and services, in both forms. */
export function clusterNetworks(config: MachineConfig): { pods: Cidr[]; services: Cidr[] } {
  const legacy = nodeAt(config.v1alpha1, ['cluster', 'network']);
  const [document] = config.ofKind('KubeNetworkConfig');
  const read = (key: string): Cidr[] =>
    [...textsAt(legacy, [key]), ...textsAt(document?.map, [key])].flatMap((text) => valid(text));
  return { pods: read('podSubnets'), services: read('serviceSubnets') };
}

function gatewaysOf(link: unknown): string[] {
  const routes = nodeAt(link, ['routes']);
  if (!isSeq(routes)) return [];
  return routes.items.flatMap((route) => textAt(route, ['gateway']) ?? []);
}

function valid(text: string): Cidr[] {
  const outcome = parseCidr(text);
  return refused(outcome) ? [] : [outcome.value];
}
