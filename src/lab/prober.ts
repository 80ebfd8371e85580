import type { Clock } from '../clock.ts';
import { closeFd } from '../libc.ts';
import {
  openPacketSocket,
  packetTimestampNs,
  receivePacket,
  sendPacket,
} from '../network/packet-socket.ts';
import { arpRequest, readArp } from './arp-frame.ts';
import type { ProbeAnswer, ProbeTrack } from './recording.ts';
import type { WallOffset } from './wall-offset.ts';

const ETHERTYPE_ARP = 0x0806;

/**
 * The question's sender address tells which probe it is: the reply repeats it. So many take turns, a
 * reply up to 50 × 2 ms late finds its probe. They begin at the client's own address and stay in
 * its /24; a host keeps a neighbour entry for each, below the kernel's gc_thresh1 of 128.
 */
const SENDERS = 50;
/**
 * An answer that has not come by now will not: a veth takes 0.05 ms. Tells the live view only. Where
 * probes are rarer, two of them in a row.
 */
const UNANSWERED_AFTER_MS = 25;

export interface ProberOptions {
  readonly clock: Clock;
  readonly offset: WallOffset;
  /** The client's link, in the namespace in which the constructor runs. */
  readonly linkIndex: number;
  readonly mac: string;
  readonly address: string;
  readonly vips: readonly string[];
  /** How often the caller will probe. Default: often. */
  readonly everyMs?: number;
  /** Called when another MAC, or none any more, answers for a VIP. */
  readonly onAnswering: (vip: string, mac: string | undefined, at: number) => void;
}

interface Track {
  readonly vip: string;
  readonly frames: readonly Uint8Array[];
  sequence: number;
  /** Sequence number of the first probe of the recording. */
  first: number;
  sentAt: number[];
  answers: ProbeAnswer[];
  answering: string | undefined;
  answeredAt: number;
}

/** Asks for each VIP by broadcast ARP, and notes who answers which question. */
export class Prober implements Disposable {
  readonly #options: ProberOptions;
  readonly #tracks = new Map<string, Track>();
  readonly #firstSender: number;
  readonly #unansweredAfterMs: number;
  #socket: number | undefined;

  /** Opens its socket in the present network namespace. @throws SystemError */
  constructor(options: ProberOptions) {
    this.#options = options;
    this.#unansweredAfterMs = Math.max(UNANSWERED_AFTER_MS, 2.5 * (options.everyMs ?? 0));
    const [network, lastOctet] = splitLast(options.address);
    this.#firstSender = lastOctet;
    for (const vip of options.vips) {
      const frames = Array.from({ length: SENDERS }, (_, turn) =>
        arpRequest(options.mac, `${network}.${lastOctet + turn}`, vip),
      );
      const fresh = { sequence: 0, first: 0, sentAt: [], answers: [] };
      this.#tracks.set(vip, { vip, frames, ...fresh, answering: undefined, answeredAt: 0 });
    }
    this.#socket = openPacketSocket(ETHERTYPE_ARP, 'raw');
    packetTimestampNs(this.#socket);
  }

  /** Asks once for each VIP. */
  send(): void {
    if (this.#socket === undefined) return;
    for (const track of this.#tracks.values()) {
      const frame = track.frames[track.sequence % SENDERS]!;
      track.sentAt.push(this.#options.clock.now());
      track.sequence += 1;
      sendPacket(this.#socket, this.#options.linkIndex, frame);
    }
  }

  /** Takes in the answers that have arrived. */
  receive(): void {
    if (this.#socket === undefined) return;
    for (;;) {
      const packet = receivePacket(this.#socket);
      if (packet === undefined) break;
      if (packet.ifindex !== this.#options.linkIndex) continue;
      const arp = readArp(packet.bytes);
      if (arp?.kind !== 'reply' || arp.destination !== this.#options.mac) continue;
      const stampNs = packetTimestampNs(this.#socket);
      const track = this.#tracks.get(arp.senderIp);
      if (track === undefined || stampNs === undefined) continue;
      const at = this.#options.offset.toBoottimeMs(Number(stampNs / 1000n) / 1000);
      this.#answered(track, splitLast(arp.targetIp)[1] - this.#firstSender, arp.senderMac, at);
    }
    const now = this.#options.clock.now();
    for (const track of this.#tracks.values()) {
      if (track.answering === undefined) continue;
      if (now - track.answeredAt > this.#unansweredAfterMs)
        this.#setAnswering(track, undefined, now);
    }
  }

  /** Forgets all probes: the recording begins with the next. */
  mark(): void {
    for (const track of this.#tracks.values()) {
      track.first = track.sequence;
      track.sentAt = [];
      track.answers = [];
    }
  }

  tracks(): ProbeTrack[] {
    return Array.from(this.#tracks.values(), ({ vip, sentAt, answers }) => ({
      vip,
      sentAt,
      answers,
    }));
  }

  [Symbol.dispose](): void {
    if (this.#socket !== undefined) closeFd(this.#socket);
    this.#socket = undefined;
  }

  #answered(track: Track, turn: number, mac: string, at: number): void {
    if (turn < 0 || turn >= SENDERS) return;
    const last = track.sequence - 1;
    // The latest probe of that turn.
    const sequence = last - ((((last - turn) % SENDERS) + SENDERS) % SENDERS);
    if (sequence < track.first) return;
    track.answers.push({ probe: sequence - track.first, at, mac });
    track.answeredAt = at;
    if (track.answering !== mac) this.#setAnswering(track, mac, at);
  }

  #setAnswering(track: Track, mac: string | undefined, at: number): void {
    track.answering = mac;
    this.#options.onAnswering(track.vip, mac, at);
  }
}

function splitLast(address: string): [network: string, lastOctet: number] {
  const dot = address.lastIndexOf('.');
  return [address.slice(0, dot), Number(address.slice(dot + 1))];
}
