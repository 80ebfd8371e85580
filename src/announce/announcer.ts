import { after, elapsedMs } from '../clock.ts';
import type { Clock, Instant } from '../clock.ts';
import type { Emit } from '../events.ts';
import type { Vip } from '../network/types.ts';
import { gratuitousArp } from './arp.ts';
import type { ArpKind } from './arp.ts';
import type { FrameSender } from './types.ts';

/** A VIP and the link that it is on. */
export interface AnnouncedVip {
  readonly vip: Vip;
  readonly linkIndex: number;
  readonly linkName: string;
  /** The link's address, `aa:bb:cc:dd:ee:ff`. */
  readonly mac: string;
}

export interface AnnouncerParts {
  readonly clock: Clock;
  readonly sender: FrameSender;
  /** The fence: whether the group may be held at this very moment. Asked before every frame. */
  readonly mayAnnounce: (group: string) => boolean;
  readonly emit: Emit;
}

export interface AnnouncerTiming {
  /** Between announcements after the burst. */
  readonly everyMs: number;
  /** When to announce after a start, rising; design §6 by default. */
  readonly burstMs?: readonly number[];
}

/** Close together at first, for a lost frame costs the clients until the next one (design §6). */
const BURST_MS: readonly number[] = [0, 50, 150, 350, 750, 1550];

/** One VIP with its frames and what became of the last one. */
interface Station {
  readonly entry: AnnouncedVip;
  readonly frames: readonly (readonly [ArpKind, () => Uint8Array])[];
  /** Text of the last failure, undefined after a success. */
  failure?: string | undefined;
}

/** A group's announcements, from a start to the next stop. */
interface Run {
  readonly group: string;
  readonly stations: readonly Station[];
  readonly startedAt: Instant;
  /** When the round under way or the next one is due, in milliseconds from the start. */
  dueMs: number;
  cancel?: () => void;
  stopped: boolean;
}

/**
 * Tells the LAN where the VIPs are: a burst when a group starts, then again and again for those who
 * missed it. Sends nothing that the fence does not allow, and nothing after `stop`.
 */
export class Announcer {
  readonly #parts: AnnouncerParts;
  readonly #everyMs: number;
  readonly #burstMs: readonly number[];
  readonly #runs = new Map<string, Run>();

  constructor(parts: AnnouncerParts, { everyMs, burstMs = BURST_MS }: AnnouncerTiming) {
    this.#parts = parts;
    this.#everyMs = everyMs;
    this.#burstMs = burstMs;
  }

  /**
   * Announces the group's VIPs: the first frames before this returns, the rest by the clock. A
   * group that is being announced starts over with a burst, as after its carrier came back. Never
   * throws for what a link refuses: that is an event.
   */
  start(group: string, entries: readonly AnnouncedVip[]): void {
    this.stop(group);
    const stations = entries.map((entry) => ({ entry, frames: framesOf(entry) }));
    const startedAt = this.#parts.clock.now();
    const run: Run = { group, stations, startedAt, dueMs: 0, stopped: false };
    this.#runs.set(group, run);
    this.#round(run);
  }

  /** Ends the group's announcements: not one frame after this returns. Idempotent. */
  stop(group: string): void {
    const run = this.#runs.get(group);
    if (run === undefined) return;
    run.stopped = true;
    run.cancel?.();
    this.#runs.delete(group);
  }

  /** Stops every group. Idempotent. */
  stopAll(): void {
    for (const group of this.#runs.keys()) this.stop(group);
  }

  #round(run: Run): void {
    // Before the frames: whatever they cause, the schedule goes on.
    const { clock } = this.#parts;
    const now = clock.now();
    run.dueMs = this.#nextDueMs(run, now);
    const waitMs = elapsedMs(now, after(run.startedAt, run.dueMs));
    run.cancel = clock.timer(waitMs, () => this.#round(run));
    for (const station of run.stations) {
      for (const [kind, frame] of station.frames) {
        // Whoever hears of a frame may stop us; and time passes while frames are sent.
        if (run.stopped || !this.#parts.mayAnnounce(run.group)) return;
        this.#send(station, kind, frame);
      }
    }
  }

  /**
   * The first moment of the schedule after this one. What a late timer missed is not made up; an
   * early one (Node's may fire a fraction of a millisecond too soon) is not repeated.
   */
  #nextDueMs(run: Run, now: Instant): number {
    const passedMs = Math.max(elapsedMs(run.startedAt, now), run.dueMs);
    const inBurst = this.#burstMs.find((ms) => ms > passedMs);
    if (inBurst !== undefined) return inBurst;
    const burstEndMs = this.#burstMs.at(-1) ?? 0;
    const periods = Math.floor((passedMs - burstEndMs) / this.#everyMs) + 1;
    return burstEndMs + periods * this.#everyMs;
  }

  #send(station: Station, kind: ArpKind, frame: () => Uint8Array): void {
    const { vip, linkIndex, linkName } = station.entry;
    const where = { vip: vip.address, link: linkName };
    try {
      this.#parts.sender.send(linkIndex, frame());
    } catch (error) {
      const failure = String(error);
      // Once for a link that stays down, not once a frame.
      if (failure !== station.failure) {
        station.failure = failure;
        this.#parts.emit({ type: 'announce-failed', ...where, err: error });
      }
      return;
    }
    station.failure = undefined;
    this.#parts.emit({ type: 'announced', ...where, kind });
  }
}

/**
 * What announces a VIP. IPv6 has none here yet: its unsolicited neighbour advertisements
 * (RFC 9131, RFC 4861 §7.2.6) are built by `ndp.ts` when IPv6 VIPs are accepted.
 */
function framesOf({ vip, mac }: AnnouncedVip): Station['frames'] {
  if (vip.family !== 4) return [];
  const kinds: ArpKind[] = ['request', 'reply'];
  return kinds.map((kind) => [kind, () => gratuitousArp(kind, mac, vip.address)]);
}
