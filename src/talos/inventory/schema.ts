import type * as zod from 'zod';
import { refuse, text } from '../../config/checked.ts';
import type { Parsed } from '../../config/parsed.ts';
import { refused } from '../../config/parsed.ts';
import { parseLinkName } from '../../config/values.ts';
import { parseVip } from '../../network/address.ts';
import { z } from '../../zod.ts';
import { parseAddress, parseCidr, parseMac } from '../address/text.ts';
import { isDnsName, parseCustomEndpoint, parseCustomList } from '../endpoint/custom.ts';
import { DEFAULT_MODE, ENDPOINT_MODES } from '../endpoint/mode.ts';
import { sharedIpSchema } from '../shared-ip/wish.ts';
import { parseTalosVersion } from '../version.ts';
import type { AddressRange, Patch } from './types.ts';

/** Most machines of an inventory: far above any cluster of Talos, far below what hurts. */
const MACHINES_MAX = 5000;

function parseClusterName(value: string): Parsed<string> {
  if (/^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?$/.test(value)) return { value };
  const remedy = 'use at most 63 letters, digits, dots and dashes, a letter or digit at both ends';
  return { problem: 'is no name of a cluster', remedy };
}

function parseHostName(value: string): Parsed<string> {
  if (isDnsName(value)) return { value: value.toLowerCase() };
  return { problem: 'is no host name', remedy: 'write one like cp-1 or cp.example.com' };
}

function parseKubernetesVersion(value: string): Parsed<string> {
  if (/^v?1\.\d{1,3}(\.\d{1,4}(-[0-9A-Za-z.-]+)?)?$/.test(value)) return { value };
  return { problem: 'is no version of Kubernetes', remedy: 'write one like v1.34.0' };
}

/** A name or an address that a certificate can have; `*.example.com` too. */
function parseSan(value: string): Parsed<string> {
  const name = value.startsWith('*.') ? value.slice(2) : value;
  if (isDnsName(name)) return { value: value.toLowerCase() };
  const outcome = parseAddress(value);
  if (!refused(outcome)) return outcome;
  return { problem: 'is neither a name nor an address', remedy: 'write one like cp.example.com' };
}

/** `10.0.0.100` as parseVip takes it, but without a prefix: Talos adds /32 or /128 itself. */
export function parseVipAddress(value: string): Parsed<string> {
  if (value.includes('/')) {
    return { problem: 'has a prefix', remedy: `write ${value.split('/')[0]}: Talos adds its own` };
  }
  const outcome = parseVip(value);
  return refused(outcome) ? outcome : { value: outcome.vip.address };
}

/** `10.0.0.100-10.0.0.200`: what a DHCP server leases. */
export function parseRange(value: string): Parsed<AddressRange> {
  const [first, last, ...rest] = value.split('-').map((end) => parseAddress(end.trim()));
  const remedy = 'write one like 10.0.0.100-10.0.0.200';
  if (first === undefined || last === undefined || rest.length > 0) {
    return { problem: 'is no range of addresses', remedy };
  }
  if (refused(first) || refused(last)) return { problem: 'is no range of addresses', remedy };
  if (first.value.includes(':') !== last.value.includes(':')) {
    return { problem: 'begins and ends in different families', remedy };
  }
  return { value: { first: first.value, last: last.value } };
}

const patch = z.union([
  z
    .string()
    .transform((value): Patch =>
      value.startsWith('@') ? { file: value.slice(1) } : { text: value },
    ),
  z.strictObject({ file: z.string() }),
  z.strictObject({ text: z.string() }),
]);
const patches = z.array(patch).default([]);

const machine = z.strictObject({
  name: text(parseHostName).describe('host name, unique in the cluster'),
  role: z.enum(['controlplane', 'worker']).describe('controlplane or worker'),
  address: text(parseAddress).describe("address of Talos's API on it, without prefix"),
  link: text(parseLinkName).optional().describe('link to the LAN of the VIP'),
  mac: text(parseMac).optional().describe('permanent hardware address of that link'),
  vlan: z.int().min(1).max(4094).optional().describe('VLAN on that link in which the VIP lives'),
  dhcp: z.boolean().optional().describe('whether the link gets its address by DHCP'),
  addresses: z.array(text(parseCidr)).default([]).describe('static addresses, with prefix'),
  patches: patches.describe('applied to this machine after all others'),
});

const custom = z
  .union([
    z.string().transform((value, context) => {
      const outcome = parseCustomList(value);
      return refused(outcome) ? refuse(context, outcome) : outcome.value;
    }),
    z.array(text(parseCustomEndpoint)),
  ])
  .default([]);

const endpoint = z.strictObject({
  mode: z.enum(ENDPOINT_MODES).default(DEFAULT_MODE).describe('how the endpoint is found'),
  custom: custom.describe('endpoints for the mode custom; the first is the endpoint'),
  loadBalancerIps: z.array(text(parseAddress)).default([]).describe('what the resource was given'),
  sharedIp: sharedIpSchema.optional().describe('the resource of the mode networkconfiguration'),
});

const network = z.strictObject({
  cidr: text(parseCidr).optional().describe('LAN of the nodes'),
  gateway: text(parseAddress).optional().describe('gateway of the LAN'),
  dns: z.array(text(parseAddress)).default([]).describe('name servers'),
  dhcpRange: text(parseRange).optional().describe('what a DHCP server leases: FIRST-LAST'),
  podCidrs: z.array(text(parseCidr)).default([]).describe('pod networks'),
  serviceCidrs: z.array(text(parseCidr)).default([]).describe('service networks'),
});

const patchGroups = z.strictObject({ all: patches, controlplane: patches, worker: patches });

/** The inventory as it is written. What belongs together is checked by `rules.ts`. */
export const schema = z.strictObject({
  name: text(parseClusterName).describe('name of the cluster'),
  talosVersion: text(parseTalosVersion).optional().describe('version of Talos, v1.12.3'),
  kubernetesVersion: text(parseKubernetesVersion).optional().describe('version of Kubernetes'),
  dnsName: text(parseHostName).optional().describe('name by which clients reach the API'),
  endpoint: endpoint.prefault({}).describe('how clients reach the control plane'),
  vips: z.array(text(parseVipAddress)).max(2).default([]).describe('at most one of each family'),
  vipLink: text(parseLinkName).optional().describe('link of the VIP where a node names none'),
  vipAlias: text(parseLinkName).optional().describe('alias of links known by MAC; default net0'),
  certSans: z.array(text(parseSan)).default([]).describe("further names in the API's certificate"),
  network: network.prefault({}).describe('what is known of the networks'),
  nodes: z.array(machine).min(1).max(MACHINES_MAX).describe('the machines'),
  patches: patchGroups.prefault({}).describe('patches of your own, after those of the VIP'),
});

export type Written = zod.output<typeof schema>;

const SHAPES = { nodes: machine.shape, network: network.shape, endpoint: endpoint.shape };

/** Names allowed at a place, for the did-you-mean. */
export function knownNames(place: readonly PropertyKey[]): string[] {
  const [first] = place;
  if (first === 'patches') return Object.keys(patchGroups.shape);
  const shape = Object.entries(SHAPES).find(([name]) => name === first)?.[1];
  return Object.keys(shape ?? schema.shape);
}

/** The JSON schema (draft 2020-12) of an inventory, for editors. */
export function inventorySchema(): Record<string, unknown> {
  return {
    title: 'vip-elector inventory of a Talos cluster',
    ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
  };
}
