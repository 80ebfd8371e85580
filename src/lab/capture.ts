import { c, check, closeFd } from '../libc.ts';
import { openPacketSocket, packetTimestampNs, receivePacket } from '../network/packet-socket.ts';
import { BROADCAST_MAC, readArp } from './arp-frame.ts';
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
      const arp = host === undefined ? undefined : readArp(packet.bytes);
      if (host === undefined || arp === undefined) continue;
      if (!this.#options.vips.includes(arp.senderIp)) continue;
      const stampNs = packetTimestampNs(this.#socket);
      if (stampNs === undefined) continue;
      this.#claims.push({
        at: this.#options.offset.toBoottimeMs(Number(stampNs / 1000n) / 1000),
        host,
        vip: arp.senderIp,
        mac: arp.senderMac,
        kind: arp.kind,
        frame: Buffer.from(packet.bytes).toString('hex'),
        broadcast: arp.destination === BROADCAST_MAC,
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
