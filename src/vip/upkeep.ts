import type { AnnouncedVip } from '../announce/announcer.ts';
import { elapsedMs, type Instant } from '../clock.ts';
import type { GroupState } from '../events.ts';
import { sameAddress } from '../network/address.ts';
import { isFirstOnLink } from '../network/link-choice.ts';
import { isPrimaryOfSubnet } from '../network/placement.ts';
import type { Vip } from '../network/types.ts';
import type { Assignment, AssignmentParts } from './assignment.ts';
import type { Hold } from './hold.ts';
import type { VipGroup } from './types.ts';

/**
 * The kernel queues the event of a removal before it acknowledges it, so it is read in the same turn of
 * the loop or the next. One that is not there after this, in milliseconds, was dropped.
 */
const EVENT_WITHIN_MS = 100;

/** What a group calls of the announcer. */
export interface Announcing {
  start(group: string, entries: readonly AnnouncedVip[]): void;
  stop(group: string): void;
  /** Announces one VIP once more, beside the schedule; nothing for one that is not announced. */
  repeat(group: string, address: string): void;
}

export interface UpkeepParts extends AssignmentParts {
  readonly announcer: Announcing;
}

/** The group that is kept up. */
interface Subject {
  readonly group: VipGroup;
  readonly assignment: Assignment;
  readonly hold: Hold;
  readonly state: () => GroupState;
  /** Runs work beside the controller. */
  readonly spawn: (work: Promise<void>) => void;
  /** A link refused an address. */
  readonly onRefused: (error: unknown) => void;
}

/** Keeps what is held on its link: armed anew at each proof, repaired, behind the host's own, announced. */
export class Upkeep {
  readonly #parts: UpkeepParts;
  readonly #subject: Subject;
  #turn: Promise<void> = Promise.resolve();
  /** VIPs that we have taken off ourselves to put them back: told when the kernel says that one is gone. */
  readonly #lifted = new Map<string, () => void>();

  constructor(parts: UpkeepParts, subject: Subject) {
    this.#parts = parts;
    this.#subject = subject;
  }

  /** One piece of work at a time, in order: assigning, arming anew, repairing. */
  inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(async () => {
      try {
        await work();
      } catch (error) {
        this.#subject.onRefused(error);
      }
    });
    this.#subject.spawn(this.#turn);
  }

  /** Arms the kernel's guard anew; what the kernel had removed comes back and is announced. */
  keep(): void {
    this.inTurn(() => this.#keep());
  }

  async #keep(): Promise<void> {
    const { assignment, hold, state } = this.#subject;
    const { link } = assignment;
    if (state() !== 'leading' || link === undefined) return;
    const added = await assignment.hold(link, hold.fence);
    if (state() !== 'leading') return;
    // Undefined: not all could be armed any more; what is held is announced all the same.
    if (added === undefined || added.length > 0) this.announce();
    this.#armLater();
  }

  #armLater(): void {
    const { hold } = this.#subject;
    const { deadline } = hold.fence;
    const at = deadline === undefined ? undefined : this.#parts.guard.rearmAt(deadline);
    hold.setRearm(at, () => this.keep());
  }

  /** Begins the burst of announcements. */
  announce(): void {
    const { group, assignment, hold } = this.#subject;
    const { link } = assignment;
    // Abandoned meanwhile, or the right is over: whoever is silent stays so.
    if (link === undefined || !hold.fence.isOpen(this.#parts.clock.now())) return;
    const entries = group.vips
      .filter((vip) => assignment.isHeld(vip))
      .map((vip) => ({ vip, linkIndex: link.index, linkName: link.name, mac: link.mac }));
    this.#parts.announcer.start(group.name, entries);
    this.#armLater();
  }

  /** A VIP is off its link. If someone else deleted it, it is put back at once, while we may hold it. */
  removed(vip: Vip): void {
    const onLifted = this.#lifted.get(vip.address);
    if (onLifted !== undefined) {
      onLifted();
      return;
    }
    if (this.#subject.state() !== 'leading') return;
    const noticedAt = this.#parts.clock.now();
    // The kernel may have ended it by itself, before the right does: not a frame for what is not there.
    this.#parts.announcer.stop(this.#subject.group.name);
    this.inTurn(() => this.#repair(vip, noticedAt));
  }

  async #repair(vip: Vip, noticedAt: Instant): Promise<void> {
    const { group, assignment } = this.#subject;
    if (assignment.isHeld(vip)) return;
    await this.#keep();
    const { link } = assignment;
    if (link === undefined || !assignment.isHeld(vip)) return;
    const durationMs = elapsedMs(noticedAt, this.#parts.clock.now());
    const event = { group: group.name, vip: vip.address, link: link.name, durationMs };
    this.#parts.emit({ type: 'drift-repaired', ...event });
  }

  /**
   * A VIP that has become the first address of its link or its subnet is put behind the host's own again
   * (design §6).
   */
  keepBehind(): void {
    if (this.#first() === undefined) return;
    this.inTurn(async () => {
      // Asked again: an earlier turn may have done it.
      const first = this.#first();
      if (first === undefined) return;
      const { vip, linkIndex } = first;
      this.#parts.announcer.stop(this.#subject.group.name);
      await this.#lift(vip, linkIndex);
      await this.#keep();
    });
  }

  /** The VIP, as it is there, that is the first address of its link or its subnet while the group is held there. */
  #first(): { readonly vip: Vip; readonly linkIndex: number } | undefined {
    const { group, assignment, state } = this.#subject;
    const { link } = assignment;
    if (state() !== 'leading' || link === undefined) return undefined;
    const { addresses } = this.#parts.monitor;
    const here = addresses.filter((a) => a.linkIndex === link.index && a.family === 4);
    // Few of a thousand VIPs, if any.
    const leaders = here.filter((each, at) => at === 0 || isPrimaryOfSubnet(each));
    const leads = (vip: Vip): boolean =>
      leaders.some((each) => sameAddress(each, vip)) &&
      (isFirstOnLink(here, link.index, vip) ||
        leaders.some((each) => isPrimaryOfSubnet(each) && sameAddress(each, vip)));
    const vip = group.vips.find(leads);
    return vip && { vip: assignment.placed(vip), linkIndex: link.index };
  }

  /**
   * Takes a VIP off its link to put it back, and waits for the event too: read after the VIP is back,
   * it would be taken for somebody else's deed.
   */
  async #lift(vip: Vip, linkIndex: number): Promise<void> {
    const { guard, clock } = this.#parts;
    const waiting = new AbortController();
    const gone = new Promise<void>((resolve) => this.#lifted.set(vip.address, resolve));
    try {
      await guard.end(linkIndex, vip);
      const late = clock.sleep(EVENT_WITHIN_MS, waiting.signal).catch((error: unknown) => {
        if (!waiting.signal.aborted) throw error;
      });
      await Promise.race([gone, late]);
    } finally {
      waiting.abort(new Error('the removal was told'));
      this.#lifted.delete(vip.address);
    }
    // The kernel acknowledged, whether its event came or not.
    this.#subject.assignment.removed({ ...vip, linkIndex });
  }
}
