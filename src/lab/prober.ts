import type { Clock } from '../clock.ts';
import { closeFd } from '../libc.ts';
import {
  openPacketSocket,
  packetTimestampNs,
  receivePacket,
  sendPacket,
} from '../network/packet-socket.ts';
import { arpRequest, readArp } from './arp-frame.ts';
import { neighbourSolicitation, readNdp } from './ndp-frame.ts';
import type { ProbeAnswer, ProbeTrack } from './recording.ts';
import type { WallOffset } from './wall-offset.ts';

const ETHERTYPES = { 4: 0x0806, 6: 0x86dd } as const;
type Family = keyof typeof ETHERTYPES;

/**
 * The question's sender address tells which probe it is: the reply repeats it. So many take turns, a
 * reply up to 50 × 2 ms late finds its probe. They begin at the client's own address and stay in
 * its network; a host keeps a neighbour entry for each, below the kernel's gc_thresh1 of 128.
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
  /** Where a VIP is of IPv6. */
  readonly address6?: string;
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

/** Asks for each VIP by ARP or neighbour discovery, to all who may have it, and notes who answers which question. */
export class Prober implements Disposable {
  readonly #options: ProberOptions;
  readonly #tracks = new Map<string, Track>();
  /** Which probe of its track each sender address stands for. */
  readonly #turns = new Map<string, number>();
  readonly #unansweredAfterMs: number;
  readonly #sockets = new Map<Family, number>();

  /** Opens its sockets in the present network namespace. @throws SystemError */
  constructor(options: ProberOptions) {
    this.#options = options;
    this.#unansweredAfterMs = Math.max(UNANSWERED_AFTER_MS, 2.5 * (options.everyMs ?? 0));
    for (const vip of options.vips) {
      const family = familyOf(vip);
      const ask = family === 4 ? arpRequest : neighbourSolicitation;
      const frames = Array.from({ length: SENDERS }, (_, turn) => {
        const sender = senderOf(family === 4 ? options.address : options.address6, turn);
        this.#turns.set(sender, turn);
        return ask(options.mac, sender, vip);
      });
      const fresh = { sequence: 0, first: 0, sentAt: [], answers: [] };
      this.#tracks.set(vip, { vip, frames, ...fresh, answering: undefined, answeredAt: 0 });
      if (this.#sockets.has(family)) continue;
      const socket = openPacketSocket(ETHERTYPES[family], 'raw');
      this.#sockets.set(family, socket);
      packetTimestampNs(socket);
    }
  }

  /** Asks once for each VIP. */
  send(): void {
    for (const track of this.#tracks.values()) {
      const socket = this.#sockets.get(familyOf(track.vip));
      if (socket === undefined) continue;
      const frame = track.frames[track.sequence % SENDERS]!;
      track.sentAt.push(this.#options.clock.now());
      track.sequence += 1;
      sendPacket(socket, this.#options.linkIndex, frame);
    }
  }

  /** Takes in the answers that have arrived. */
  receive(): void {
    for (const socket of this.#sockets.values()) this.#receiveFrom(socket);
    const now = this.#options.clock.now();
    for (const track of this.#tracks.values()) {
      if (track.answering === undefined) continue;
      if (now - track.answeredAt > this.#unansweredAfterMs)
        this.#setAnswering(track, undefined, now);
    }
  }

  #receiveFrom(socket: number): void {
    for (;;) {
      const packet = receivePacket(socket);
      if (packet === undefined) return;
      if (packet.ifindex !== this.#options.linkIndex) continue;
      const said = readArp(packet.bytes) ?? readNdp(packet.bytes);
      if (said?.kind !== 'reply' || said.destination !== this.#options.mac) continue;
      const stampNs = packetTimestampNs(socket);
      const track = this.#tracks.get(said.senderIp);
      const turn = this.#turns.get(said.targetIp);
      if (track === undefined || turn === undefined || stampNs === undefined) continue;
      const at = this.#options.offset.toBoottimeMs(Number(stampNs / 1000n) / 1000);
      this.#answered(track, turn, said.senderMac, at);
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
    for (const socket of this.#sockets.values()) closeFd(socket);
    this.#sockets.clear();
  }

  #answered(track: Track, turn: number, mac: string, at: number): void {
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

/** The address so many after another, by its last part. @throws RangeError without an address */
function senderOf(own: string | undefined, turn: number): string {
  const [, network, separator, last] = /^(.*([.:]))([\da-f]+)$/.exec(own ?? '') ?? [];
  if (network === undefined || last === undefined) throw new RangeError(`cannot ask from ${own}`);
  const radix = separator === ':' ? 16 : 10;
  return `${network}${(Number.parseInt(last, radix) + turn).toString(radix)}`;
}

function familyOf(address: string): Family {
  return address.includes(':') ? 6 : 4;
}
