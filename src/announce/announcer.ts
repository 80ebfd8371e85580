import { after, elapsedMs } from '../clock.ts';
import type { Clock, Instant } from '../clock.ts';
import type { Emit } from '../events.ts';
import type { Vip } from '../network/types.ts';
import { gratuitousArp } from './arp.ts';
import type { ArpKind } from './arp.ts';
import { unsolicitedAdvertisement } from './ndp.ts';
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
  /** Puts ARP frames on links. */
  readonly sender: FrameSender;
  /** Sends ICMPv6 messages to all nodes of a link; needed where there are IPv6 VIPs. */
  readonly neighbours?: FrameSender | undefined;
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

/**
 * So many frames in a row, then the rest of the loop has its turn: 1000 VIPs are announced in 32 ms, and a
 * link's queue (1000 frames by default) never fills up by us.
 */
const CHUNK = 64;
const PACE_MS = 1;
/** A frame for which the link's queue has no room waits this often for room, `PACE_MS` each time. */
const FULL_MAX = 100;
/** No address of the link can be a source yet (RFC 4862 §5.4: all are tentative): the burst waits. */
const NO_SOURCE = 'EADDRNOTAVAIL';
const NO_SOURCE_RETRY_MS = 100;
const FULL = new Set(['EAGAIN', 'ENOBUFS']);

/** A VIP's part of a run. */
interface Station {
  readonly entry: AnnouncedVip;
  /** Text of the last failure, undefined after a success. */
  failure?: string | undefined;
}

interface Frame {
  readonly station: Station;
  readonly kind: ArpKind | 'na';
  readonly send: () => void;
}

/** What a group announces in one family, from a start to the next stop. */
interface Run {
  readonly group: string;
  readonly frames: readonly Frame[];
  startedAt: Instant;
  /** When the round under way or the next one is due, in milliseconds from the start. */
  dueMs: number;
  /** Rounds that are not sent to their end yet, and the next frame of the first of them. */
  rounds: number;
  next: number;
  /** How often the next frame has found the link's queue full. */
  full: number;
  cancelRound?: (() => void) | undefined;
  cancelPace?: (() => void) | undefined;
  stopped: boolean;
}

/**
 * Tells the LAN where the VIPs are: a burst when a group starts, then again and again for those who
 * missed it. Sends nothing that the fence does not allow, and nothing after `stop`.
 */
export class Announcer {
  readonly #parts: AnnouncerParts;
  /** Between announcements after the burst, in milliseconds. */
  everyMs: number;
  readonly #burstMs: readonly number[];
  readonly #runs = new Map<string, readonly Run[]>();

  constructor(parts: AnnouncerParts, { everyMs, burstMs = BURST_MS }: AnnouncerTiming) {
    this.#parts = parts;
    this.everyMs = everyMs;
    this.#burstMs = burstMs;
  }

  /**
   * Announces the group's VIPs: the first frames before this returns, the rest by the clock. A
   * group that is being announced starts over with a burst, as after its carrier came back. Never
   * throws for what a link refuses: that is an event.
   */
  start(group: string, entries: readonly AnnouncedVip[]): void {
    this.stop(group);
    const startedAt = this.#parts.clock.now();
    const state = { dueMs: 0, rounds: 0, next: 0, full: 0, stopped: false };
    // By itself each: what one family waits for does not hold up the other.
    const runs = ([4, 6] as const)
      .map((family) => entries.filter(({ vip }) => vip.family === family))
      .filter((same) => same.length > 0)
      .map((same): Run => {
        const frames = same.flatMap((entry) => this.#framesOf({ entry }));
        return { group, frames, startedAt, ...state };
      });
    this.#runs.set(group, runs);
    for (const run of runs) this.#round(run);
  }

  /** Ends the group's announcements: not one frame after this returns. Idempotent. */
  stop(group: string): void {
    for (const run of this.#runs.get(group) ?? []) {
      run.stopped = true;
      run.cancelRound?.();
      run.cancelPace?.();
    }
    this.#runs.delete(group);
  }

  /** Announces one VIP of a group once more, beside the schedule: nothing where the group is silent. */
  repeat(group: string, address: string): void {
    for (const run of this.#runs.get(group) ?? []) {
      for (const frame of run.frames) {
        if (frame.station.entry.vip.address !== address) continue;
        // Whoever hears of a frame may stop us; and time passes while frames are sent.
        if (run.stopped || !this.#parts.mayAnnounce(group)) return;
        this.#send(frame, false);
      }
    }
  }

  /** Stops every group. Idempotent. */
  stopAll(): void {
    for (const group of this.#runs.keys()) this.stop(group);
  }

  #round(run: Run): void {
    if (run.stopped) return;
    // Before the frames: whatever they cause, the schedule goes on.
    const { clock } = this.#parts;
    const now = clock.now();
    run.dueMs = this.#nextDueMs(run, now);
    const waitMs = elapsedMs(now, after(run.startedAt, run.dueMs));
    run.cancelRound = clock.timer(waitMs, () => this.#round(run));
    run.rounds = Math.min(run.rounds + 1, this.#burstMs.length);
    // A round that is under way goes on, and this one follows it.
    if (run.cancelPace === undefined) this.#advance(run);
  }

  /** Sends the next frames; the rest a little later. */
  #advance(run: Run): void {
    run.cancelPace = undefined;
    for (let sent = 0; run.rounds > 0; sent += 1) {
      if (sent === CHUNK) {
        this.#pause(run);
        return;
      }
      // Whoever hears of a frame may stop us; and time passes while frames are sent.
      if (run.stopped) return;
      if (!this.#parts.mayAnnounce(run.group)) {
        run.rounds = 0;
        run.next = 0;
        return;
      }
      const outcome = this.#send(run.frames[run.next]!, run.full < FULL_MAX);
      if (run.stopped) return;
      if (outcome === 'full') {
        run.full += 1;
        this.#pause(run);
        return;
      }
      run.full = 0;
      if (outcome === 'no-source') {
        this.#startOver(run);
        return;
      }
      run.next = (run.next + 1) % run.frames.length;
      if (run.next === 0) run.rounds -= 1;
    }
  }

  #pause(run: Run): void {
    run.cancelPace = this.#parts.clock.timer(PACE_MS, () => this.#advance(run));
  }

  /** The burst has not begun: it does when the link has a source. */
  #startOver(run: Run): void {
    const { clock } = this.#parts;
    run.cancelRound?.();
    run.startedAt = after(clock.now(), NO_SOURCE_RETRY_MS);
    run.dueMs = 0;
    run.rounds = 0;
    run.next = 0;
    run.cancelRound = clock.timer(NO_SOURCE_RETRY_MS, () => this.#round(run));
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
    const periods = Math.floor((passedMs - burstEndMs) / this.everyMs) + 1;
    return burstEndMs + periods * this.everyMs;
  }

  #send({ station, kind, send }: Frame, mayWait: boolean): 'done' | 'full' | 'no-source' {
    const { vip, linkName } = station.entry;
    const where = { vip: vip.address, link: linkName };
    try {
      send();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (mayWait && FULL.has(code)) return 'full';
      const failure = String(error);
      // Once for a link that stays down, not once a frame.
      if (failure !== station.failure) {
        station.failure = failure;
        this.#parts.emit({ type: 'announce-failed', ...where, err: error });
      }
      return vip.family === 6 && code === NO_SOURCE ? 'no-source' : 'done';
    }
    station.failure = undefined;
    this.#parts.emit({ type: 'announced', ...where, kind });
    return 'done';
  }

  /** What announces a VIP. */
  #framesOf(station: Station): Frame[] {
    const { vip, mac, linkIndex } = station.entry;
    const { sender, neighbours } = this.#parts;
    if (vip.family === 4) {
      const kinds: ArpKind[] = ['request', 'reply'];
      return kinds.map((kind) => ({
        station,
        kind,
        send: () => sender.send(linkIndex, gratuitousArp(kind, mac, vip.address)),
      }));
    }
    const send = (): void => {
      if (neighbours === undefined) throw new Error('no socket for neighbour advertisements');
      neighbours.send(linkIndex, unsolicitedAdvertisement(mac, vip.address));
    };
    return [{ station, kind: 'na', send }];
  }
}
