import { stringify } from 'yaml';
import { formatCidr } from '../../network/address.ts';
import { endpointUrl } from '../endpoint/custom.ts';
import { formatTalosVersion } from '../version.ts';
import type { Inventory, Machine, Patch } from './types.ts';

/** The inventory as a file that reads back as the same; the same inventory is the same text. */
export function writeInventory(inventory: Inventory): string {
  const { name, talosVersion, kubernetesVersion, dnsName, endpoint, vips, vipLink } = inventory;
  const tree = {
    name,
    talosVersion: talosVersion && formatTalosVersion(talosVersion),
    kubernetesVersion,
    dnsName,
    endpoint: {
      mode: endpoint.mode,
      custom: filled(endpoint.custom.map(endpointUrl)),
      loadBalancerIps: filled(endpoint.loadBalancerIps),
    },
    vips: filled(vips),
    vipLink,
    network: networkTree(inventory),
    nodes: inventory.machines.map(machineTree),
    patches: patchesTree(inventory),
  };
  return stringify(pruned(tree), { lineWidth: 0 });
}

function networkTree({ network }: Inventory): object {
  const { cidr, gateway, dns, dhcpRange, podCidrs, serviceCidrs } = network;
  return {
    cidr: cidr && formatCidr(cidr),
    gateway,
    dns: filled(dns),
    dhcpRange: dhcpRange && `${dhcpRange.first}-${dhcpRange.last}`,
    podCidrs: filled(podCidrs.map(formatCidr)),
    serviceCidrs: filled(serviceCidrs.map(formatCidr)),
  };
}

function machineTree({ addresses, patches, ...rest }: Machine): object {
  const { name, role, address, link, mac, vlan, dhcp } = rest;
  return {
    name,
    role,
    address,
    link,
    mac,
    vlan,
    dhcp,
    addresses: filled(addresses.map(formatCidr)),
    patches: filled(patches.map(patchTree)),
  };
}

function patchesTree({ patches }: Inventory): object {
  return {
    all: filled(patches.all.map(patchTree)),
    controlplane: filled(patches.controlplane.map(patchTree)),
    worker: filled(patches.worker.map(patchTree)),
  };
}

function patchTree(patch: Patch): string | Patch {
  if ('file' in patch) return `@${patch.file}`;
  return patch.text.startsWith('@') ? patch : patch.text;
}

function filled<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** Without what is undefined, and without mappings that have nothing left. */
function pruned(tree: object): object {
  const kept = Object.entries(tree).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return [];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[key, value]];
    const inner = pruned(value);
    return Object.keys(inner).length === 0 ? [] : [[key, inner]];
  });
  return Object.fromEntries(kept) as object;
}
