import type { Emit } from '../events.ts';
import type { Vip } from '../network/types.ts';
import type { Gate, GateLink } from './gate.ts';
import { FenceTable } from './nftables/fence-table.ts';

/**
 * The millisecond fence in the kernel. Each call is carried out before it returns; they are promises for
 * the sake of the seam. Tables that somebody removed (`nft flush ruleset`, a firewall that restarts) are
 * made anew, and that is told.
 */
export class NftablesGate implements Gate {
  readonly #emit: Emit;
  readonly #table: FenceTable;
  /** By address: the link for which it is managed. */
  readonly #managed = new Map<string, GateLink>();
  #restored = 0;

  constructor(table: FenceTable, emit: Emit) {
    this.#table = table;
    this.#emit = emit;
  }

  /** Whether late frames of our own are stopped, too. */
  get egress(): boolean {
    return this.#table.egress;
  }

  async open(link: GateLink, vips: readonly Vip[], timeoutMs: number): Promise<void> {
    // A link that was renamed is attached anew, too.
    const isManaged = ({ address }: Vip): boolean => {
      const known = this.#managed.get(address);
      return known?.index === link.index && known.name === link.name;
    };
    if (!vips.every(isManaged)) {
      this.#table.manage(vips, link);
      for (const { address } of vips) this.#managed.set(address, link);
    }
    this.#table.open(vips, timeoutMs);
    this.#tell();
  }

  async shut(vips: readonly Vip[]): Promise<void> {
    this.#table.shut(vips);
    this.#tell();
  }

  async forget(vips: readonly Vip[]): Promise<void> {
    for (const { address } of vips) this.#managed.delete(address);
    this.#table.release(vips);
    this.#tell();
  }

  async managed(vips: readonly Vip[]): Promise<readonly Vip[]> {
    const known = new Set(this.#table.managed().map(({ address }) => address));
    return vips.filter(({ address }) => known.has(address));
  }

  async forgetAllBut(vips: readonly Vip[]): Promise<void> {
    const left = this.#table
      .managed()
      .filter(({ address }) => vips.every((vip) => vip.address !== address));
    if (left.length > 0) this.#table.release(left);
  }

  /** A link is gone, and with it what stood before it. @throws NetworkError */
  linkRemoved(index: number): void {
    for (const [address, link] of this.#managed) {
      if (link.index === index) this.#managed.delete(address);
    }
    this.#table.linkRemoved(index);
  }

  /** Leaves nothing in the kernel, but for what is still to be kept shut or open. @throws NetworkError */
  close(): void {
    try {
      if (this.#table.managed().length === 0) this.#table.remove();
    } finally {
      this.#table.close();
    }
  }

  #tell(): void {
    const { restored } = this.#table;
    if (restored === this.#restored) return;
    this.#restored = restored;
    this.#emit({ type: 'fence-repaired' });
  }
}
