/** The fence's tables, sets, chains and rules. */
import type { NftMessage } from '../../network/nfnetlink.ts';
import { HOOK, addChain } from './chain.ts';
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
import { TABLE, setOf } from './fence-sets.ts';
import type { IpFamily, Tables } from './fence-sets.ts';
import { setRules } from './rule.ts';
import { ADDRESS_LENGTH, addSet } from './set.ts';
import { addTable, removeTable } from './table.ts';
import type { Table } from './table.ts';

/** Before conntrack (−200) and before `raw` (−300), whose NOTRACK is lost on what we drop anyway. */
const PRIORITY = -310;
/** Where filters are (NF_IP_PRI_FILTER). */
export const FILTER_PRIORITY = 0;

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

/** To a shut address of this host. What it only forwards passes: that is for the holder. */
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
export const FRAMES: Expression[] = [meta('etherType'), equal(0x08, 0x06), ...ARP_SENDER];

function setsOf(table: Table, families: readonly IpFamily[]): NftMessage[] {
  return families.flatMap((family) => [
    addSet(setOf(table, 'managed', family)),
    addSet(setOf(table, 'held', family)),
  ]);
}

/** Makes tables, sets, chains and rules; elements that are there stay, rules are made anew. */
export function makeRuleset(egress: boolean, { arp, inet, netdev }: Tables = TABLE): NftMessage[] {
  const messages = [
    addTable(arp),
    ...setsOf(arp, [4]),
    addChain(arp, 'output', { number: HOOK.arp.output, priority: FILTER_PRIORITY }),
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
