import ipaddr from 'ipaddr.js';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Cidr } from '../../network/address.ts';
import { formatCidr, isNetworkOrBroadcast, subnetContains } from '../../network/address.ts';

/**
 * Where a VIP is looked for: `before-workers`, the last address before them, as the Terraform
 * module's code does; `after-controlplanes`, the one behind the last of them, as its
 * documentation says; `next-free`, the first free one from there on.
 */
export const STRATEGIES = ['before-workers', 'after-controlplanes', 'next-free'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** The numbers by which the Terraform module places its machines. */
export interface Placement {
  readonly cidr: Cidr;
  readonly controlplanes: number;
  readonly workers: number;
  /** Offset of the first control plane from the network's address. */
  readonly baseOffset: number;
  /** Offset of the first worker from the first control plane. */
  readonly workerOffset: number;
  readonly strategy: Strategy;
  /** The operator's own choice, in canonical text. */
  readonly explicit?: string;
  /** Addresses that are taken besides: gateway, name servers, machines placed by hand. */
  readonly taken: readonly string[];
}

/** What the Terraform module puts out, by the same names. */
export interface VipOutputs {
  readonly ha_vip_enabled: boolean;
  readonly ha_vip: string | null;
  readonly cluster_endpoint: string;
}

/** Chooses as the module does: a VIP where there is more than one control plane. @throws OperatorError */
export function chooseVip(placement: Placement): VipOutputs {
  const { cidr, controlplanes, workers, baseOffset, workerOffset } = placement;
  if (controlplanes < 1) throw refusal('there is no control plane', 'place at least one');
  const planes = hosts(cidr, baseOffset, controlplanes);
  const nodes = new Map([
    ...hosts(cidr, baseOffset + workerOffset, workers).map((at) => [at, 'a worker'] as const),
    ...planes.map((at) => [at, 'a control plane'] as const),
  ]);
  if (nodes.size < controlplanes + workers) {
    throw refusal(
      `${controlplanes} control planes reach the workers at offset ${workerOffset}`,
      `use a worker offset above ${controlplanes}`,
    );
  }
  if (controlplanes === 1) {
    const [first = ''] = planes;
    return { ha_vip_enabled: false, ha_vip: null, cluster_endpoint: url(first) };
  }
  const used = new Map([...placement.taken.map((at) => [at, 'taken'] as const), ...nodes]);
  const vip = placement.explicit ?? byStrategy(placement, used);
  checkVip(vip, cidr, used);
  return { ha_vip_enabled: true, ha_vip: vip, cluster_endpoint: url(vip) };
}

/**
 * Address of a host by its offset, as Terraform's cidrhost counts: from the network's address.
 * @throws OperatorError past the end of the network
 */
export function cidrHost(cidr: Cidr, offset: number): string {
  const bytes = ipaddr.parse(cidr.address).toByteArray();
  const hostBits = BigInt(bytes.length * 8 - cidr.prefixLength);
  if (offset < 0 || BigInt(offset) >= 1n << hostBits) {
    const remedy = 'use a larger network or smaller offsets';
    throw refusal(`offset ${offset} is outside ${formatCidr(cidr)}`, remedy);
  }
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const host = ((value >> hostBits) << hostBits) + BigInt(offset);
  const numbers = bytes.map((_, index) =>
    Number((host >> BigInt(8 * (bytes.length - 1 - index))) & 0xffn),
  );
  return ipaddr.fromByteArray(numbers).toString();
}

function hosts(cidr: Cidr, from: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => cidrHost(cidr, from + index));
}

function byStrategy(placement: Placement, used: ReadonlyMap<string, string>): string {
  const { cidr, baseOffset, workerOffset, controlplanes, strategy } = placement;
  if (strategy === 'before-workers') return cidrHost(cidr, baseOffset + workerOffset - 1);
  let address = cidrHost(cidr, baseOffset + controlplanes);
  if (strategy !== 'next-free') return address;
  // As many are taken at most: then one of the next is free, or the network ends.
  for (let step = 1; used.has(address); step += 1) {
    address = cidrHost(cidr, baseOffset + controlplanes + step);
  }
  return address;
}

function checkVip(vip: string, cidr: Cidr, used: ReadonlyMap<string, string>): void {
  const family = vip.includes(':') ? 6 : 4;
  const own = { family, address: vip, prefixLength: cidr.prefixLength } as const;
  if (family !== cidr.family || !subnetContains(cidr.address, cidr.prefixLength, vip)) {
    throw refusal(`the VIP ${vip} is not in ${formatCidr(cidr)}`, 'choose one in the subnet');
  }
  if (isNetworkOrBroadcast(cidr, own)) {
    throw refusal(`the VIP ${vip} is the network or broadcast address`, 'choose one of a host');
  }
  const holder = used.get(vip);
  if (holder !== undefined) {
    const remedy = 'choose another, or --strategy next-free';
    throw refusal(
      `the VIP ${vip} is that of ${holder === 'taken' ? 'something else' : holder}`,
      remedy,
    );
  }
}

function refusal(problem: string, remedy: string): OperatorError {
  return new OperatorError(`${problem}; ${remedy}`, ExitCode.usage);
}

function url(host: string): string {
  return `https://${host.includes(':') ? `[${host}]` : host}:6443`;
}
