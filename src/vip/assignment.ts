import type { Clock } from '../clock.ts';
import type { Emit } from '../events.ts';
import type { Fence } from '../fencing/fence.ts';
import type { KernelGuard } from '../fencing/kernel-guard.ts';
import { sameAddress, sameVip, type Cidr } from '../network/address.ts';
import type { NetworkMonitor } from '../network/monitor.ts';
import { placeOn } from '../network/placement.ts';
import type { Link, LinkAddress, Network, Vip } from '../network/types.ts';
import type { AddressJournal, VipGroup } from './types.ts';

/** After a withdrawal that the kernel did not confirm: again, ever more slowly. */
const RETRY_MIN_MS = 20;
const RETRY_MAX_MS = 1000;

export interface AssignmentParts {
  readonly network: Network;
  readonly monitor: NetworkMonitor;
  readonly guard: KernelGuard;
  readonly journal: AddressJournal;
  readonly clock: Clock;
  readonly emit: Emit;
}

/** The VIPs of one group on a link: put there, kept there, and taken off with the kernel's word for it. */
export class Assignment {
  readonly #parts: AssignmentParts;
  readonly #group: VipGroup;
  /** By address, as they are there: acknowledged by the kernel and not seen to go since. */
  readonly #held = new Map<string, Vip>();
  /** VIPs whose prefix is not what was asked for: told once, until it is. */
  readonly #alone = new Set<string>();
  /** Grows with each withdrawal: an assignment begun before it must not go on. */
  #generation = 0;
  /** Settles when no assignment is under way. */
  #holding: Promise<unknown> = Promise.resolve();
  /** Where the VIPs are, or were put last. */
  link: Link | undefined;

  constructor(parts: AssignmentParts, group: VipGroup) {
    this.#parts = parts;
    this.#group = group;
  }

  isHeld(vip: Vip): boolean {
    return this.#held.has(vip.address);
  }

  /** A VIP with the prefix that it has on the link, or would have there now. */
  placed(vip: Vip): Vip {
    const { link } = this;
    const held = this.#held.get(vip.address);
    if (held !== undefined || link === undefined) return held ?? vip;
    return placeOn(this.#parts.monitor.addresses, link.index, vip);
  }

  get complete(): boolean {
    return this.#group.vips.every((vip) => this.isHeld(vip));
  }

  /**
   * Puts every VIP on the link, or arms it anew, while the fence is open; asked before each.
   * @returns the VIPs that were not there before; undefined when the fence closed, too little was
   *   left of the right, or a withdrawal began
   * @throws NetworkError
   */
  hold(link: Link, fence: Fence): Promise<Vip[] | undefined> {
    const holding = this.#hold(link, fence);
    this.#holding = Promise.allSettled([holding]);
    return holding;
  }

  async #hold(link: Link, fence: Fence): Promise<Vip[] | undefined> {
    const { guard, clock } = this.#parts;
    const generation = this.#generation;
    const { vips } = this.#group;
    this.link = link;
    this.#record(link);
    const right = fence.deadline;
    if (right === undefined || !fence.isOpen(clock.now())) return undefined;
    const opened = await guard.open(link, vips, right);
    if (!opened || generation !== this.#generation) return undefined;
    const added: Vip[] = [];
    for (const vip of vips) {
      const { deadline } = fence;
      if (deadline === undefined || !fence.isOpen(clock.now())) return undefined;
      const wasHeld = this.isHeld(vip);
      const placed = this.placed(vip);
      const holds = await guard.hold(link.index, placed, deadline, wasHeld);
      // A withdrawal that began meanwhile comes after this in the kernel's queue.
      if (generation !== this.#generation) return undefined;
      if (!holds) return undefined;
      if (!wasHeld) {
        this.#tellPrefix(vip, placed);
        this.#mark(placed, true);
        added.push(vip);
      }
    }
    return added;
  }

  #tellPrefix({ address, prefixLength: wanted }: Vip, { prefixLength }: Vip): void {
    if (prefixLength <= wanted) this.#alone.delete(address);
    else if (!this.#alone.has(address)) {
      this.#alone.add(address);
      const where = { group: this.#group.name, vip: address, link: this.link?.name ?? '' };
      this.#parts.emit({ type: 'prefix-refused', ...where, wanted });
    }
  }

  /** The kernel says that an address is gone. Returns the VIP if it was held by us. */
  removed(address: Cidr & { readonly linkIndex: number }): Vip | undefined {
    if (address.linkIndex !== this.link?.index) return undefined;
    const vip = this.#group.vips.find((each) => sameAddress(each, address));
    if (vip === undefined || !this.isHeld(vip)) return undefined;
    this.#mark(vip, false);
    return vip;
  }

  #mark(vip: Vip, held: boolean): void {
    const { emit } = this.#parts;
    if (held) this.#held.set(vip.address, vip);
    else if (!this.#held.delete(vip.address)) return;
    const link = this.link?.name ?? '';
    emit({ type: 'vip-held', group: this.#group.name, vip: vip.address, link, held });
  }

  /** The state file lists an address before it is on the link. */
  #record(link: Link | undefined): void {
    const { journal } = this.#parts;
    const isMine = (address: string): boolean =>
      this.#group.vips.some((vip) => vip.address === address);
    const others = journal.addresses.filter(({ address }) => !isMine(address));
    const mine =
      link === undefined
        ? []
        : this.#group.vips
            .map((vip) => this.placed(vip))
            .map(({ address, prefixLength }) => ({
              link: link.name,
              address,
              prefixLength,
            }));
    const same =
      mine.length + others.length === journal.addresses.length &&
      mine.every((one) =>
        journal.addresses.some((other) => other.address === one.address && other.link === one.link),
      );
    if (!same) journal.setAddresses([...others, ...mine]);
  }

  /**
   * Takes the VIPs off every link and resolves when a dump shows that they are: the kernel's word,
   * not our wish. Does not give up but by the signal.
   */
  async end(signal: AbortSignal): Promise<void> {
    const { guard, clock, emit, network } = this.#parts;
    this.#generation += 1;
    const { vips } = this.#group;
    const shut = guard.shut(vips);
    let retryMs = RETRY_MIN_MS;
    let left = this.#expected();
    for (let failures = 0; ; failures += 1) {
      try {
        const ends = Promise.all(left.map(({ linkIndex, ...vip }) => guard.end(linkIndex, vip)));
        // The guard may assign again for a shorter time: nothing is confirmed before that is done. One
        // removal alone the kernel has carried out when it is sent: what is left is asked beside it.
        const settled = left.length > 1 ? Promise.all([this.#holding, ends]) : this.#holding;
        const [addresses] = await Promise.all([settled.then(() => network.addresses()), ends]);
        left = this.#ours(addresses);
        if (left.length === 0) break;
      } catch (error) {
        if (failures === 0) {
          const vip = vips.map(({ address }) => address).join(',');
          const link = this.link?.name ?? '';
          emit({ type: 'withdraw-failed', group: this.#group.name, vip, link, err: error });
        }
        await clock.sleep(retryMs, signal);
        retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
        left = this.#expected();
      }
    }
    for (const vip of vips) this.#mark(vip, false);
    await shut;
    await guard.forget(vips);
    try {
      this.#record(undefined);
    } catch (error) {
      // The addresses are off: a list that still names them harms nobody.
      emit({ type: 'state-unwritable', err: error });
    }
  }

  /**
   * Where we put the VIPs, without asking: saves a dump on the way to a handover. Never one that we
   * know somebody else to have put there.
   */
  #expected(): (Vip & { linkIndex: number })[] {
    const { link } = this;
    const { journal, monitor } = this.#parts;
    if (link === undefined) return [];
    return this.#group.vips
      .filter(({ address }) =>
        journal.addresses.some((each) => each.address === address && each.link === link.name),
      )
      .map((vip) => ({ ...this.placed(vip), linkIndex: link.index }))
      .filter((vip) => !monitor.addresses.some((each) => !each.ours && isAt(each, vip)));
  }

  /** The group's VIPs among the host's addresses, on any link, that we put there. */
  #ours(addresses: readonly LinkAddress[]): (Vip & { linkIndex: number })[] {
    const { network, monitor, journal } = this.#parts;
    const recorded = ({ linkIndex, address }: LinkAddress): boolean =>
      !network.marksAddresses &&
      journal.addresses.some(
        (each) => each.address === address && each.link === monitor.linkName(linkIndex),
      );
    return addresses
      .filter((each) => this.#group.vips.some((vip) => sameAddress(vip, each)))
      .filter((each) => each.ours || recorded(each))
      .map(({ linkIndex, family, address, prefixLength }) => ({
        linkIndex,
        family,
        address,
        prefixLength,
      }));
  }
}

/** Whether both are the same address with the same prefix on the same link. */
function isAt(one: LinkAddress, other: Vip & { linkIndex: number }): boolean {
  return one.linkIndex === other.linkIndex && sameVip(one, other);
}
