import { isIPv4 } from 'node:net';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Inventory } from '../inventory/types.ts';
import { machinesOf } from '../inventory/types.ts';
import { API_PORT, endpointUrl } from './custom.ts';

/** What clients connect to, and what the certificate must name. */
export interface ResolvedEndpoint {
  /** `https://host:port`. */
  readonly url: string;
  /** Names and addresses for the API server's certificate, each once, in a fixed order. */
  readonly sans: readonly string[];
  /** Endpoints for a talosconfig: addresses of control planes, never a VIP or a load balancer. */
  readonly talosEndpoints: readonly string[];
  readonly warnings: readonly string[];
}

export interface ResolveOptions {
  /** Where the mode lacks its address, take the first control plane's as the operator does. */
  readonly lenient?: boolean;
}

/** Finds the endpoint of an inventory by its mode. @throws OperatorError */
export function resolveEndpoint(
  inventory: Inventory,
  { lenient = false }: ResolveOptions = {},
): ResolvedEndpoint {
  const { endpoint, vips, dnsName } = inventory;
  const addresses = machinesOf(inventory, 'controlplane').map(({ address }) => address);
  const warnings: string[] = [];
  const url = (): string => {
    const [first] = endpoint.custom;
    if (endpoint.mode === 'custom' && first !== undefined) return endpointUrl(first);
    const host = dnsName ?? modeHost(inventory);
    if (host !== undefined) return endpointUrl({ host, port: API_PORT });
    const [fallback] = addresses;
    if (!lenient || fallback === undefined) throw lacking(inventory);
    warnings.push(`${lacking(inventory).message}; the first control plane's address is taken`);
    return endpointUrl({ host: fallback, port: API_PORT });
  };
  const found = url();
  const names = [
    ...vips,
    ...endpoint.loadBalancerIps,
    ...endpoint.custom.map(({ host }) => host),
    ...addresses,
    ...(dnsName === undefined ? [] : [dnsName]),
    ...inventory.certSans,
  ];
  return { url: found, sans: [...new Set(names)], talosEndpoints: addresses, warnings };
}

/** Host that the mode itself gives; IPv4 before IPv6, which not every client reaches. */
function modeHost(inventory: Inventory): string | undefined {
  const { endpoint, vips } = inventory;
  switch (endpoint.mode) {
    case 'talosvip':
      return vips.find((vip) => isIPv4(vip)) ?? vips[0];
    case 'networkconfiguration':
      return endpoint.loadBalancerIps[0];
    case 'none':
      return machinesOf(inventory, 'controlplane')[0]?.address;
    case 'custom':
      return undefined;
  }
}

function lacking({ endpoint: { mode } }: Inventory): OperatorError {
  const needs: Readonly<Record<typeof mode, string>> = {
    none: 'needs a control plane under nodes',
    custom: 'needs endpoint.custom',
    talosvip: 'needs an address under vips',
    networkconfiguration: 'needs endpoint.loadBalancerIps, as the resource was given them',
  };
  return new OperatorError(`endpoint mode ${mode} ${needs[mode]}`, ExitCode.usage);
}
