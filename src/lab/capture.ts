import { c, check, closeFd } from '../libc.ts';
import { openPacketSocket, packetTimestampNs, receivePacket } from '../network/packet-socket.ts';
import { readArp } from './arp-frame.ts';
import { readNdp } from './ndp-frame.ts';
import type { Claim } from './recording.ts';
import type { WallOffset } from './wall-offset.ts';

/**
 * linux/if_ether.h: all frames. The bridge takes a frame away before sockets for one EtherType see
 * it (net/core/dev.c: rx_handler stands between ptype_all and ptype_base).
 */
const ETH_P_ALL = 3;
/** linux/if_packet.h, since Linux 4.20: not what the switch sends, only what it gets. */
const SOL_PACKET = 263;
const PACKET_IGNORE_OUTGOING = 23;
/** IEEE 802 §8.2: the frame is for many stations. */
const GROUP_BIT = 0x01;
/** At most this many frames at a time, so that the prober is not late. */
const BATCH = 512;

export interface CaptureOptions {
  readonly offset: WallOffset;
  /** Interface index of each host's port on the switch. */
  readonly ports: readonly number[];
  readonly vips: readonly string[];
}

/** Notes every frame that leaves a host's port, before the switch does anything with it, and that claims a VIP. */
export class Capture implements Disposable {
  readonly #options: CaptureOptions;
  readonly #hostOfPort: ReadonlyMap<number, number>;
  #socket: number | undefined;
  #claims: Claim[] = [];

  /** Opens its socket in the present network namespace: the switch's. @throws SystemError */
  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#hostOfPort = new Map(options.ports.map((port, host) => [port, host]));
    this.#socket = openPacketSocket(ETH_P_ALL, 'raw');
    const socket = this.#socket;
    const on = new Int32Array([1]);
    check('setsockopt', () => c.setsockopt(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, on, 4));
    packetTimestampNs(socket);
  }

  receive(): void {
    if (this.#socket === undefined) return;
    for (let taken = 0; taken < BATCH; taken += 1) {
      const packet = receivePacket(this.#socket);
      if (packet === undefined) return;
      const host = this.#hostOfPort.get(packet.ifindex);
      if (host === undefined) continue;
      const said = readArp(packet.bytes) ?? readNdp(packet.bytes);
      if (said === undefined || !this.#options.vips.includes(said.senderIp)) continue;
      const stampNs = packetTimestampNs(this.#socket);
      if (stampNs === undefined) continue;
      this.#claims.push({
        at: this.#options.offset.toBoottimeMs(Number(stampNs / 1000n) / 1000),
        host,
        vip: said.senderIp,
        mac: said.senderMac,
        kind: said.kind,
        frame: Buffer.from(packet.bytes).toString('hex'),
        broadcast: (packet.bytes[0]! & GROUP_BIT) !== 0,
      });
    }
  }

  mark(): void {
    this.#claims = [];
  }

  claims(): readonly Claim[] {
    return this.#claims;
  }

  [Symbol.dispose](): void {
    if (this.#socket !== undefined) closeFd(this.#socket);
    this.#socket = undefined;
  }
}
