/**
 * The sets of the fence, the same in each of its tables: `managed` has the VIPs that are shut unless
 * `held` has them, too, whose elements end by themselves.
 */
import type { NftMessage, Nftables } from '../../network/nfnetlink.ts';
import type { Vip } from '../../network/types.ts';
import { decodeElements, encodeElements, listElements } from './set.ts';
import type { AddressSet, Elements } from './set.ts';
import type { Family, Table } from './table.ts';

/** The tables of a fence, one a family. */
export type Tables = Readonly<Record<Family, Table>>;

/** Tables of one name: all but a rehearsal's (rehearsal.ts) are `TABLE`. */
export function tablesNamed(name: string): Tables {
  return {
    arp: { family: 'arp', name },
    inet: { family: 'inet', name },
    netdev: { family: 'netdev', name },
  };
}

export const TABLE = tablesNamed('vip-elector');

export type IpFamily = Vip['family'];
const FAMILIES = [4, 6] as const;
/** struct nfgenmsg, before the attributes of a listed part. */
export const NFGENMSG_LENGTH = 4;

/** An address as fences see it: on any link, with any prefix. */
export type FencedAddress = Pick<Vip, 'family' | 'address'>;
export type SetKind = 'managed' | 'held';

/** One of the sets of a table. */
export function setOf(table: Table, kind: SetKind, family: IpFamily): AddressSet {
  return { table, name: `${kind}${family}`, family, timeouts: kind === 'held' };
}

/** The tables that have sets of a family. */
function tablesOf(family: IpFamily, egress: boolean, { arp, inet, netdev }: Tables): Table[] {
  if (family === 6) return [inet];
  return egress ? [arp, inet, netdev] : [arp, inet];
}

/** A change of addresses in the sets of one kind, in all tables that have them. */
export interface SetChange {
  readonly kind: SetKind;
  /** Whether the kernel has the egress hook, and we the table for it. */
  readonly egress: boolean;
  readonly change: (set: AddressSet, elements: Elements) => NftMessage[];
  /** Of elements that are added. @see encodeElements */
  readonly timeoutMs?: number;
  /** Default: those of the fence. */
  readonly within?: Tables;
}

/** @throws RangeError for what is no time-out */
export function changeSets(
  vips: readonly FencedAddress[],
  { kind, egress, change, timeoutMs, within = TABLE }: SetChange,
): NftMessage[] {
  return FAMILIES.flatMap((family) => {
    const addresses = vips.filter((vip) => vip.family === family).map((vip) => vip.address);
    if (addresses.length === 0) return [];
    const elements = encodeElements(addresses, timeoutMs);
    const tables = tablesOf(family, egress, within);
    return tables.flatMap((table) => change(setOf(table, kind, family), elements));
  });
}

/** What the kernel's tables manage. @throws NetworkError, DecodeError */
export function managedAddresses(nftables: Nftables): FencedAddress[] {
  return FAMILIES.flatMap((family) =>
    nftables
      .list('list managed VIPs', listElements(setOf(TABLE.inet, 'managed', family)))
      .flatMap(({ data }) => decodeElements(data.subarray(NFGENMSG_LENGTH)))
      .map((address) => ({ family, address })),
  );
}
