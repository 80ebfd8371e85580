import { relative } from 'node:path';
import { stringify } from 'yaml';
import { formatCidr } from '../../network/address.ts';
import { endpointUrl } from '../endpoint/custom.ts';
import { formatTalosVersion } from '../version.ts';
import type { Inventory, Machine, Patch } from './types.ts';

/**
 * The inventory as a file that reads back as the same; the same inventory is the same text.
 * @param directory that the file is for: files of patches are named from there, else absolutely
 */
export function writeInventory(inventory: Inventory, directory?: string): string {
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
      sharedIp: endpoint.sharedIp,
    },
    vips: filled(vips),
    vipLink,
    vipAlias: inventory.vipAlias,
    certSans: filled(inventory.certSans),
    network: networkTree(inventory),
    nodes: inventory.machines.map((machine) => machineTree(machine, directory)),
    patches: patchesTree(inventory, directory),
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

function machineTree({ addresses, patches, ...rest }: Machine, directory?: string): object {
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
    patches: filled(patches.map((patch) => patchTree(patch, directory))),
  };
}

function patchesTree({ patches }: Inventory, directory?: string): object {
  const trees = (list: readonly Patch[]) =>
    filled(list.map((patch) => patchTree(patch, directory)));
  return {
    all: trees(patches.all),
    controlplane: trees(patches.controlplane),
    worker: trees(patches.worker),
  };
}

function patchTree(patch: Patch, directory?: string): string | Patch {
  if ('file' in patch) {
    return `@${directory === undefined ? patch.file : relative(directory, patch.file)}`;
  }
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
