/** The fence at the links that our own frames leave by, where the kernel has the hook for it. */
import type { NftMessage, Nftables } from '../../network/nfnetlink.ts';
import { NetworkError } from '../../network/network-error.ts';
import { HOOK, addChain, decodeChain, listChains, removeChain } from './chain.ts';
import type { Hook } from './chain.ts';
import { TABLE } from './fence-sets.ts';
import type { Tables } from './fence-sets.ts';
import { setRules } from './rule.ts';
import { FILTER_PRIORITY, FRAMES } from './ruleset.ts';
import { addTable } from './table.ts';

/** A link that our own frames leave by. */
export interface FencedLink {
  readonly index: number;
  readonly name: string;
}

/** Kernels answer one of these to a hook, a family or a kind of chain that they do not have. */
const UNKNOWN = ['ENOTSUP', 'EINVAL', 'ENOENT', 'EAFNOSUPPORT'];

/** Whether the kernel has said that it does not have what was asked for. */
export function isUnknown(error: unknown): boolean {
  return error instanceof NetworkError && UNKNOWN.includes(error.code);
}
/** struct nfgenmsg, before the attributes of a listed part. */
const NFGENMSG_LENGTH = 4;

const hookOf = (link: string): Hook => ({
  number: HOOK.netdev.egress,
  priority: FILTER_PRIORITY,
  link,
});
const chainName = (index: number): string => `egress${index}`;

/**
 * Whether the kernel has the hook (Linux ≥ 5.16 with CONFIG_NETFILTER_EGRESS).
 * @throws NetworkError for any other reason
 */
export function hasEgress(nftables: Nftables): boolean {
  const probe = addChain(TABLE.netdev, 'probe', hookOf('lo'));
  try {
    const removal = removeChain(TABLE.netdev, 'probe');
    nftables.commit('probe egress', [addTable(TABLE.netdev), probe, ...removal]);
    return true;
  } catch (error) {
    if (isUnknown(error)) return false;
    throw error;
  }
}

/** Drops shut frames that leave by a link. */
export function attachLink({ index, name }: FencedLink, { netdev }: Tables = TABLE): NftMessage[] {
  const chain = chainName(index);
  return [addChain(netdev, chain, hookOf(name)), ...setRules(netdev, chain, [FRAMES])];
}

/** Undoes `attachLink`; none is no error. */
export function detachLink(index: number): NftMessage[] {
  return removeChain(TABLE.netdev, chainName(index));
}

/**
 * The links with a chain of ours, by their names; a name is undefined when the link was gone and the
 * kernel has kept its chain.
 * @throws NetworkError, DecodeError
 */
export function attachedLinks(nftables: Nftables): [index: number, name: string | undefined][] {
  const listed = nftables.list('list chains', listChains(TABLE.netdev));
  return listed.flatMap(({ data }) => {
    const { table, name, link } = decodeChain(data.subarray(NFGENMSG_LENGTH));
    const digits = table === TABLE.netdev.name ? /^egress(\d+)$/.exec(name)?.[1] : undefined;
    return digits === undefined ? [] : [[Number(digits), link]];
  });
}
