import type { Cidr } from '../../network/address.ts';
import type { CustomEndpoint } from '../endpoint/custom.ts';
import type { EndpointMode } from '../endpoint/mode.ts';
import type { SharedIpWish } from '../shared-ip/wish.ts';
import type { TalosVersion } from '../version.ts';

export type Role = 'controlplane' | 'worker';

/** A patch of a machine configuration: YAML text, or the file that holds it. */
export type Patch = { readonly text: string } | { readonly file: string };

/** A machine of the cluster. */
export interface Machine {
  /** Its host name, unique in the cluster: Talos's election is by host name. */
  readonly name: string;
  readonly role: Role;
  /** Address by which Talos's API reaches it, without prefix. */
  readonly address: string;
  /** Link to the LAN of the VIP, such as `end0`. */
  readonly link?: string;
  /** Permanent hardware address of that link, lower case; it names the link where `link` does not. */
  readonly mac?: string;
  /** VLAN on that link in which the VIP lives. */
  readonly vlan?: number;
  /**
   * True: the link gets its address by DHCP. False: its address comes from elsewhere. Missing: not
   * known, with which a legacy interface entry must not be written (it would end DHCP).
   */
  readonly dhcp?: boolean;
  /** Static addresses of the link, with prefix. */
  readonly addresses: readonly Cidr[];
  /** Applied to this machine only, after all others. */
  readonly patches: readonly Patch[];
}

/** First and last address that a DHCP server leases. */
export interface AddressRange {
  readonly first: string;
  readonly last: string;
}

/** What is known of the LAN and of the cluster's own networks, for the checks. */
export interface ClusterNetwork {
  readonly cidr?: Cidr;
  readonly gateway?: string;
  readonly dns: readonly string[];
  readonly dhcpRange?: AddressRange;
  readonly podCidrs: readonly Cidr[];
  readonly serviceCidrs: readonly Cidr[];
}

/** How clients reach the control plane. */
export interface EndpointWish {
  readonly mode: EndpointMode;
  /** For the mode `custom`: the first is the endpoint, all are in the certificate. */
  readonly custom: readonly CustomEndpoint[];
  /** Addresses of the load balancer, once `networkconfiguration` has been given them. */
  readonly loadBalancerIps: readonly string[];
  /** The load balancer's resource of the mode `networkconfiguration`. */
  readonly sharedIp?: SharedIpWish;
}

/** Patches by whom they are for, in the order in which they are applied. */
export interface PatchGroups {
  readonly all: readonly Patch[];
  readonly controlplane: readonly Patch[];
  readonly worker: readonly Patch[];
}

/** All that is known of a cluster: every artefact follows from it, and from nothing else. */
export interface Inventory {
  readonly name: string;
  readonly talosVersion?: TalosVersion;
  readonly kubernetesVersion?: string;
  /** Name by which clients reach the API: then it is the host of the endpoint, not the VIP. */
  readonly dnsName?: string;
  readonly endpoint: EndpointWish;
  /** At most one of each family, canonical text without prefix. Empty: none wished. */
  readonly vips: readonly string[];
  /** Link of the VIP on machines that name neither link nor MAC. */
  readonly vipLink?: string;
  /** Name of the alias for links that are known by their MAC address; default `net0`. */
  readonly vipAlias?: string;
  /** Names and addresses that the API server's certificate has besides those that follow. */
  readonly certSans: readonly string[];
  readonly network: ClusterNetwork;
  readonly machines: readonly Machine[];
  readonly patches: PatchGroups;
}

/** The machines of a role, in the order of the file. */
export function machinesOf({ machines }: Inventory, role: Role): readonly Machine[] {
  return machines.filter((machine) => machine.role === role);
}
