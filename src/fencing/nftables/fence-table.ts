import { Nfnetlink } from '../../network/nfnetlink.ts';
import type { NftMessage, Nftables } from '../../network/nfnetlink.ts';
import { NetworkError } from '../../network/network-error.ts';
import type { Vip } from '../../network/types.ts';
import { decodeChain, listChains } from './chain.ts';
import {
  TABLE,
  attachLink,
  detachLink,
  linkIndexOf,
  makeRuleset,
  probeEgress,
  removeRuleset,
  setOf,
  tablesOf,
} from './ruleset.ts';
import type { FencedLink, SetKind } from './ruleset.ts';
import { addElements, decodeElements, listElements, removeElements, renewElements } from './set.ts';
import type { AddressSet } from './set.ts';

/** An address as fences see it: on any link, with any prefix. */
export type FencedAddress = Pick<Vip, 'family' | 'address'>;

const FAMILIES = [4, 6] as const;
/** struct nfgenmsg, before the attributes of a listed part. */
const NFGENMSG_LENGTH = 4;

/**
 * Our tables in the kernel's nf_tables: a managed VIP is shut on all links of this host unless it is
 * held, and then the kernel shuts it by itself when its time is over. Shut means: no ARP and no
 * neighbour advertisement for it leaves, and no packet to or from it as an address of this host
 * passes. The tables outlive the process. Every call is done when it returns, or changed nothing,
 * and throws NetworkError; `TIMEOUT` and `ENOBUFS` leave open which.
 */
export class FenceTable {
  /**
   * Whether frames that this process sends by AF_PACKET are fenced, too, on the links of `manage`
   * (Linux ≥ 5.16 with CONFIG_NETFILTER_EGRESS).
   */
  readonly egress: boolean;
  readonly #nftables: Nftables;
  /** Names of links by index: of those with a chain of ours. */
  readonly #links = new Map<number, string>();
  /** What is managed, by text. */
  readonly #managed = new Map<string, FencedAddress>();
  #restored = 0;

  private constructor(nftables: Nftables, egress: boolean) {
    this.#nftables = nftables;
    this.egress = egress;
  }

  /**
   * Makes our tables, sets, chains and rules. What a predecessor left managed or held stays so.
   * @param nftables closed by `close`, and when this fails
   * @throws NetworkError `ENOTSUP` when the kernel cannot (no nf_tables, or not all of it that we
   *   need), `EPERM` without CAP_NET_ADMIN
   */
  static open(nftables: Nftables = new Nfnetlink()): FenceTable {
    try {
      const table = new FenceTable(nftables, hasEgress(nftables));
      table.#adopt();
      return table;
    } catch (error) {
      nftables.close();
      // Nothing that we make needs what is not there, other than parts of the kernel.
      if (!isMissing(error)) throw error;
      throw new NetworkError('make the fence', 'ENOTSUP', { cause: error });
    }
  }

  /** Takes over what a predecessor left, with rules of our own in place of its. */
  #adopt(): void {
    if (this.egress) {
      const leftovers: NftMessage[] = [];
      for (const { data } of this.#nftables.list('list chains', listChains(TABLE.netdev))) {
        const { table, name, link } = decodeChain(data.subarray(NFGENMSG_LENGTH));
        const index = table === TABLE.netdev.name ? linkIndexOf(name) : undefined;
        // Made anew with the next `manage`: its link may be gone, or be another by now.
        if (index !== undefined && link === undefined) leftovers.push(...detachLink(index));
        if (index !== undefined && link !== undefined) this.#links.set(index, link);
      }
      this.#nftables.commit('remove chains', leftovers);
    }
    this.#make();
    for (const address of this.managed()) this.#managed.set(address.address, address);
  }

  /** Makes what is not there, or not as it should be. */
  #make(): void {
    const managed = this.#in('managed', [...this.#managed.values()], addElements);
    this.#nftables.commit('make the fence', [...makeRuleset(this.egress), ...managed]);
    for (const [index, name] of this.#links) {
      try {
        this.#nftables.commit(`attach ${name}`, attachLink({ index, name }));
      } catch (error) {
        // The link has gone since.
        if (!isMissing(error)) throw error;
        this.#links.delete(index);
      }
    }
  }

  /** How often our tables were made anew because somebody had removed them (`nft flush ruleset`). */
  get restored(): number {
    return this.#restored;
  }

  /**
   * Shuts these VIPs from now on, unless and until they are opened; those that are open stay open.
   * @param link where we will put them and announce them from; attached, where the kernel can, until
   *   `linkRemoved`. A link of the same index and another name is attached anew.
   * @throws NetworkError `ENOENT` when there is no such link; then nothing was changed. Kernels from
   *   6.16 on take it and attach the chain when a link of that name comes
   */
  manage(vips: readonly FencedAddress[], link: FencedLink): void {
    const stale = [...this.#links].filter(
      ([index, name]) => (index === link.index) !== (name === link.name),
    );
    const isAttached = this.#links.get(link.index) === link.name;
    const attachment = [
      ...stale.flatMap(([index]) => detachLink(index)),
      ...(isAttached ? [] : attachLink(link)),
    ];
    this.#commit(`fence ${link.name}`, [
      ...(this.egress ? attachment : []),
      ...this.#in('managed', vips, addElements),
    ]);
    if (this.egress) {
      for (const [index] of stale) this.#links.delete(index);
      this.#links.set(link.index, link.name);
    }
    this.#remember(vips);
  }

  /**
   * Opens VIPs, or keeps them open, for `timeoutMs` from now, and manages those that were not. At no
   * moment in between is an open one shut. The kernel counts in its ticks, rounded down to whole
   * ones: it shuts up to a tick (10 ms with HZ=100) early.
   * @param timeoutMs a fraction is cut off; what is less than 1 is a RangeError
   */
  open(vips: readonly FencedAddress[], timeoutMs: number): void {
    const fresh = vips.filter(({ address }) => !this.#managed.has(address));
    const wholeMs = Math.floor(timeoutMs);
    this.#commit('open the fence', [
      ...this.#in('managed', fresh, addElements),
      ...this.#in('held', vips, (set, addresses) => renewElements(set, addresses, wholeMs)),
    ]);
    this.#remember(fresh);
  }

  /** Shuts VIPs now. One that is shut already, or not managed, is no error and stays so. */
  shut(vips: readonly FencedAddress[]): void {
    this.#commit('shut the fence', this.#in('held', vips, removeElements));
  }

  /** Leaves VIPs alone from now on: whoever has them on a link is not ours to shut. */
  release(vips: readonly FencedAddress[]): void {
    this.#commit('release from the fence', [
      ...this.#in('managed', vips, removeElements),
      ...this.#in('held', vips, removeElements),
    ]);
    for (const { address } of vips) this.#managed.delete(address);
  }

  /** What the kernel's tables manage, whoever put it there. */
  managed(): FencedAddress[] {
    return FAMILIES.flatMap((family) => {
      const request = listElements(setOf(TABLE.inet, 'managed', family));
      return this.#nftables
        .list('list managed VIPs', request)
        .flatMap(({ data }) => decodeElements(data.subarray(NFGENMSG_LENGTH)))
        .map((address) => ({ family, address }));
    });
  }

  /** A link is gone: its index will not be used for another. */
  linkRemoved(index: number): void {
    if (!this.#links.has(index)) return;
    // Kernels from 6.16 on keep the chain and attach it to the next link of that name.
    this.#commit('detach a link', detachLink(index));
    this.#links.delete(index);
  }

  /** Removes all of our tables: nothing is shut any more. Idempotent. */
  remove(): void {
    this.#nftables.commit('remove the fence', removeRuleset(this.egress));
    this.#links.clear();
    this.#managed.clear();
  }

  /** Closes the socket; the tables stay. Idempotent. */
  close(): void {
    this.#nftables.close();
  }

  /** Messages for addresses in all tables that have them. */
  #in(
    kind: SetKind,
    vips: readonly FencedAddress[],
    change: (set: AddressSet, addresses: string[]) => NftMessage[],
  ): NftMessage[] {
    return FAMILIES.flatMap((family) => {
      const addresses = vips.filter((vip) => vip.family === family).map((vip) => vip.address);
      const tables = tablesOf(family, this.egress);
      return tables.flatMap((table) => change(setOf(table, kind, family), addresses));
    });
  }

  #remember(vips: readonly FencedAddress[]): void {
    for (const { family, address } of vips) this.#managed.set(address, { family, address });
  }

  /** Commits; makes the tables first when somebody has removed them. */
  #commit(what: string, messages: readonly NftMessage[]): void {
    try {
      this.#nftables.commit(what, messages);
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#make();
      this.#nftables.commit(what, messages);
      this.#restored += 1;
    }
  }
}

/** ENOENT: a table, a set, a link, or a part of the kernel that is not there. */
function isMissing(error: unknown): boolean {
  return error instanceof NetworkError && error.code === 'ENOENT';
}

/** Kernels answer one of these to a hook, a family or a kind of chain that they do not have. */
const UNKNOWN = ['ENOTSUP', 'EINVAL', 'ENOENT', 'EAFNOSUPPORT'];

function hasEgress(nftables: Nftables): boolean {
  try {
    nftables.commit('probe egress', probeEgress());
    return true;
  } catch (error) {
    if (error instanceof NetworkError && UNKNOWN.includes(error.code)) return false;
    throw error;
  }
}
