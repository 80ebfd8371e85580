import { Nfnetlink } from '../../network/nfnetlink.ts';
import type { NftMessage, Nftables } from '../../network/nfnetlink.ts';
import { NetworkError } from '../../network/network-error.ts';
import { attachLink, attachedLinks, detachLink, hasEgress } from './egress.ts';
import type { FencedLink } from './egress.ts';
import { changeSets, managedAddresses } from './fence-sets.ts';
import type { FencedAddress, SetChange } from './fence-sets.ts';
import { Opening } from './opening.ts';
import { makeRuleset, removeRuleset } from './ruleset.ts';
import { addElements, removeElements } from './set.ts';

export type { FencedAddress } from './fence-sets.ts';

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
  /** Of each group of VIPs that was open: a holder opens the same ones again with each proof. */
  readonly #openings = new WeakMap<readonly FencedAddress[], Opening>();
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
      for (const [index, name] of attachedLinks(this.#nftables)) {
        // The next link of its name has an index of its own.
        if (name === undefined) this.#nftables.commit('detach a link', detachLink(index));
        else this.#links.set(index, name);
      }
    }
    // Before anything is made anew: what only some of the tables had is shut in all.
    for (const address of this.managed()) this.#managed.set(address.address, address);
    this.#make();
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
    let opening = this.#openings.get(vips);
    if (opening?.isOf(vips) !== true) {
      opening = new Opening(vips, this.egress);
      this.#openings.set(vips, opening);
    }
    const batch = opening.lasting(Math.floor(timeoutMs));
    this.#orAnew(() => this.#nftables.commitBatch('open the fence', batch));
    this.#remember(vips);
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

  /** What the kernel's tables manage, whoever put it there; nothing where there are none. */
  managed(): FencedAddress[] {
    try {
      return managedAddresses(this.#nftables);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
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

  #in(
    kind: SetChange['kind'],
    vips: readonly FencedAddress[],
    change: SetChange['change'],
  ): NftMessage[] {
    return changeSets(vips, { kind, egress: this.egress, change });
  }

  #remember(vips: readonly FencedAddress[]): void {
    for (const { family, address } of vips) this.#managed.set(address, { family, address });
  }

  /** Commits; makes the tables first when somebody has removed them. */
  #commit(what: string, messages: readonly NftMessage[]): void {
    this.#orAnew(() => this.#nftables.commit(what, messages));
  }

  #orAnew(commit: () => void): void {
    try {
      commit();
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#make();
      commit();
      this.#restored += 1;
    }
  }
}

/** ENOENT: a table, a set, a link, or a part of the kernel that is not there. */
function isMissing(error: unknown): boolean {
  return error instanceof NetworkError && error.code === 'ENOENT';
}
