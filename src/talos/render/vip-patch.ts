import { stringify } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import { formatCidr } from '../../network/address.ts';
import type { ResolvedEndpoint } from '../endpoint/resolve.ts';
import type { Inventory, Machine } from '../inventory/types.ts';
import type { Dialect } from '../version.ts';
import { ALIAS, vipLinkOf, vlanLinkName } from './link.ts';

/** What a patch of a machine follows from. */
export interface PatchSource {
  readonly inventory: Inventory;
  readonly endpoint: ResolvedEndpoint;
  readonly dialect: Dialect;
}

type Tree = Record<string, unknown>;

/**
 * The strategic merge patch that gives a machine endpoint, names in the certificate and VIP: a
 * worker gets the endpoint and nothing else.
 * @returns YAML, one document or several
 * @throws OperatorError where the dialect cannot say it
 */
export function vipPatch(machine: Machine, source: PatchSource): string {
  const documents = [
    ...(source.dialect === 'C' ? kubeDocuments(machine, source) : legacy(machine, source)),
    ...(source.dialect === 'A' ? [] : vipDocuments(machine, source)),
  ];
  return documents.map((tree) => stringify(tree, { lineWidth: 0 })).join('---\n');
}

/** The VIP alone, without endpoint and names: for a generator that has those by itself. */
export function vipOnlyPatch(machine: Machine, source: PatchSource): string | undefined {
  const { inventory, dialect } = source;
  if (machine.role === 'worker' || inventory.vips.length === 0) return undefined;
  const documents =
    dialect === 'A'
      ? [{ machine: { network: { interfaces: [legacyInterface(machine, inventory)] } } }]
      : vipDocuments(machine, source);
  return documents.map((tree) => stringify(tree, { lineWidth: 0 })).join('---\n');
}

function legacy(machine: Machine, { inventory, endpoint, dialect }: PatchSource): Tree[] {
  const cluster: Tree = { controlPlane: { endpoint: endpoint.url } };
  if (machine.role === 'worker') return [{ cluster }];
  cluster['apiServer'] = { certSANs: endpoint.sans };
  if (dialect !== 'A' || inventory.vips.length === 0) return [{ cluster }];
  const interfaces = [legacyInterface(machine, inventory)];
  return [{ machine: { network: { interfaces } }, cluster }];
}

function legacyInterface(machine: Machine, inventory: Inventory): Tree {
  const [ip, second] = inventory.vips;
  if (second !== undefined) {
    const remedy = 'two VIPs need documents of their own: Talos 1.12 or later';
    throw new OperatorError(`a legacy interface has one VIP, not ${ip} and ${second}: ${remedy}`);
  }
  const link = vipLinkOf(machine, inventory);
  const selected =
    'name' in link ? { interface: link.name } : { deviceSelector: { hardwareAddr: link.mac } };
  const addressing = addressingOf(machine);
  if (machine.vlan === undefined) return { ...selected, ...addressing, vip: { ip } };
  return {
    ...selected,
    ...addressing,
    vlans: [{ vlanId: machine.vlan, ...(machine.dhcp === true && { dhcp: true }), vip: { ip } }],
  };
}

/**
 * What keeps the link its own address: an entry that says nothing of it would end the DHCP that
 * Talos does on links of which nothing is said (siderolabs/talos#11887).
 */
function addressingOf({ name, dhcp, addresses }: Machine): Tree {
  if (dhcp === true) return { dhcp: true };
  if (addresses.length > 0) return { addresses: addresses.map(formatCidr) };
  if (dhcp === false) return {};
  throw new OperatorError(
    `node ${name}: a legacy interface entry with nothing but a VIP ends DHCP on the link; write ` +
      'dhcp: true or addresses for it, or dhcp: false where its address comes from elsewhere',
    ExitCode.usage,
  );
}

function head(kind: string): Tree {
  return { apiVersion: 'v1alpha1', kind };
}

function kubeDocuments({ role }: Machine, { inventory, endpoint }: PatchSource): Tree[] {
  const cluster = {
    ...head('KubeClusterConfig'),
    clusterName: inventory.name,
    endpoint: endpoint.url,
  };
  if (role === 'worker') return [cluster];
  return [cluster, { ...head('KubeAPIServerConfig'), certExtraSANs: endpoint.sans }];
}

function vipDocuments(machine: Machine, { inventory }: PatchSource): Tree[] {
  if (machine.role === 'worker' || inventory.vips.length === 0) return [];
  const link = vipLinkOf(machine, inventory);
  const byMac = 'mac' in link;
  if (byMac && machine.vlan !== undefined) {
    const remedy = 'write link: its name follows from the name of the link';
    throw new OperatorError(
      `node ${machine.name}: a VLAN needs more than a MAC address; ${remedy}`,
    );
  }
  const alias = inventory.vipAlias ?? ALIAS;
  const base = byMac ? alias : link.name;
  const name = machine.vlan === undefined ? base : vlanLinkName(base, machine.vlan);
  const aliases = byMac
    ? [
        {
          apiVersion: 'v1alpha1',
          kind: 'LinkAliasConfig',
          name: alias,
          selector: { match: `mac(link.permanent_addr) == "${link.mac}"` },
        },
      ]
    : [];
  const vips = inventory.vips.map((vip) => ({
    apiVersion: 'v1alpha1',
    kind: 'Layer2VIPConfig',
    name: vip,
    link: name,
  }));
  return [...aliases, ...vips];
}
