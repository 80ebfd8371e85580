/**
 * The fence as tables of nf_tables. In each, `managed` has the VIPs that are shut unless `held` has
 * them, too, whose elements end by themselves.
 */
import type { NftMessage } from '../../network/nfnetlink.ts';
import type { Vip } from '../../network/types.ts';
import { HOOK, addChain, removeChain } from './chain.ts';
import {
  countAndDrop,
  equal,
  meta,
  notWithin,
  payload,
  toThisHost,
  within,
  type Expression,
} from './expression.ts';
import { setRules } from './rule.ts';
import { ADDRESS_LENGTH, addSet } from './set.ts';
import type { AddressSet } from './set.ts';
import { addTable, removeTable } from './table.ts';
import type { Family, Table } from './table.ts';

const NAME = 'vip-elector';
export const TABLE = {
  arp: { family: 'arp', name: NAME },
  inet: { family: 'inet', name: NAME },
  netdev: { family: 'netdev', name: NAME },
} as const satisfies Record<Family, Table>;

/** Before conntrack (−200) and before `raw` (−300), whose NOTRACK is lost on what we drop anyway. */
const PRIORITY = -310;
/** Among the filters of its link (NF_IP_PRI_FILTER). */
const EGRESS_PRIORITY = 0;

/** linux/in6.h; RFC 4861 §4.4: the target follows 8 bytes of ICMPv6. */
const IPPROTO_ICMPV6 = 58;
const NEIGHBOUR_ADVERTISEMENT = 136;
const TARGET_OFFSET = 8;
/** RFC 826: behind 8 bytes of header and the sender's 6 of hardware address, as on Ethernet. */
const ARP_SENDER_OFFSET = 14;
/** RFC 791 §3.1, RFC 8200 §3 */
const SOURCE_OFFSET = { 4: 12, 6: 8 } as const;
const DESTINATION_OFFSET = { 4: 16, 6: 24 } as const;
/** linux/netfilter.h NFPROTO_IPV4, NFPROTO_IPV6 */
const NFPROTO = { 4: 2, 6: 10 } as const;

type IpFamily = Vip['family'];
export type SetKind = 'managed' | 'held';

/** One of the sets of a table. */
export function setOf(table: Table, kind: SetKind, family: IpFamily): AddressSet {
  return { table, name: `${kind}${family}`, family, timeouts: kind === 'held' };
}

/** The tables of a kernel with or without the egress hook that have sets of a family. */
export function tablesOf(family: IpFamily, egress: boolean): Table[] {
  if (family === 6) return [TABLE.inet];
  return egress ? [TABLE.arp, TABLE.inet, TABLE.netdev] : [TABLE.arp, TABLE.inet];
}

/** Goes on only if the loaded address is shut. */
const isShut = (family: IpFamily): Expression[] => [
  within(`managed${family}`),
  notWithin(`held${family}`),
];

const ARP_SENDER: Expression[] = [
  payload('network', ARP_SENDER_OFFSET, ADDRESS_LENGTH[4]),
  ...isShut(4),
  ...countAndDrop(),
];

/** What we send to nobody else than to ourselves passes, too: a forwarder may not be the holder. */
function arrivals(family: IpFamily): Expression[] {
  return [
    meta('family'),
    equal(NFPROTO[family]),
    payload('network', DESTINATION_OFFSET[family], ADDRESS_LENGTH[family]),
    ...isShut(family),
    ...toThisHost(),
    ...countAndDrop(),
  ];
}

function departures(family: IpFamily): Expression[] {
  return [
    meta('family'),
    equal(NFPROTO[family]),
    payload('network', SOURCE_OFFSET[family], ADDRESS_LENGTH[family]),
    ...isShut(family),
    ...countAndDrop(),
  ];
}

const ADVERTISEMENTS: Expression[] = [
  meta('family'),
  equal(NFPROTO[6]),
  meta('protocol'),
  equal(IPPROTO_ICMPV6),
  payload('transport', 0, 1),
  equal(NEIGHBOUR_ADVERTISEMENT),
  payload('transport', TARGET_OFFSET, ADDRESS_LENGTH[6]),
  ...isShut(6),
  ...countAndDrop(),
];

/** Frames of the link whose EtherType is ARP; all others pass, among them what is forwarded. */
const FRAMES: Expression[] = [meta('etherType'), equal(0x08, 0x06), ...ARP_SENDER];

function setsOf(table: Table, families: readonly IpFamily[]): NftMessage[] {
  return families.flatMap((family) => [
    addSet(setOf(table, 'managed', family)),
    addSet(setOf(table, 'held', family)),
  ]);
}

/** Makes tables, sets, chains and rules; elements that are there stay, rules are made anew. */
export function makeRuleset(egress: boolean): NftMessage[] {
  const { arp, inet, netdev } = TABLE;
  const messages = [
    addTable(arp),
    ...setsOf(arp, [4]),
    addChain(arp, 'output', { number: HOOK.arp.output, priority: EGRESS_PRIORITY }),
    ...setRules(arp, 'output', [ARP_SENDER]),
    addTable(inet),
    ...setsOf(inet, [4, 6]),
    addChain(inet, 'prerouting', { number: HOOK.inet.prerouting, priority: PRIORITY }),
    ...setRules(inet, 'prerouting', [arrivals(4), arrivals(6)]),
    addChain(inet, 'output', { number: HOOK.inet.output, priority: PRIORITY }),
    ...setRules(inet, 'output', [departures(4), departures(6), ADVERTISEMENTS]),
  ];
  return egress ? [...messages, addTable(netdev), ...setsOf(netdev, [4])] : messages;
}

/** Takes everything of ours away. */
export function removeRuleset(egress: boolean): NftMessage[] {
  const tables = egress ? [TABLE.arp, TABLE.inet, TABLE.netdev] : [TABLE.arp, TABLE.inet];
  return tables.flatMap(removeTable);
}

/** A link that our own frames leave by. */
export interface FencedLink {
  readonly index: number;
  readonly name: string;
}

const chainName = (index: number): string => `egress${index}`;

/** The index in the name of a chain that `attachLink` made. */
export function linkIndexOf(chain: string): number | undefined {
  const digits = /^egress(\d+)$/.exec(chain)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Drops shut frames that leave by a link. */
export function attachLink({ index, name }: FencedLink): NftMessage[] {
  const hook = { number: HOOK.netdev.egress, priority: EGRESS_PRIORITY, link: name };
  const chain = chainName(index);
  return [addChain(TABLE.netdev, chain, hook), ...setRules(TABLE.netdev, chain, [FRAMES])];
}

/** Undoes `attachLink`; none is no error. */
export function detachLink(index: number): NftMessage[] {
  return removeChain(TABLE.netdev, chainName(index));
}

/** Changes nothing; refused where the kernel has no egress hook. */
export function probeEgress(): NftMessage[] {
  const hook = { number: HOOK.netdev.egress, priority: EGRESS_PRIORITY, link: 'lo' };
  const probe = addChain(TABLE.netdev, 'probe', hook);
  return [addTable(TABLE.netdev), probe, ...removeChain(TABLE.netdev, 'probe')];
}
