import { closeFd } from '../libc.ts';
import {
  bindPacketSocket,
  openPacketSocket,
  PACKET_OUTGOING,
  receivePacket,
  sendPacket,
} from '../network/packet-socket.ts';
import { arpQuestion, ETHERTYPE_ARP, parseArp } from './arp.ts';

/** Frames taken in one look: a flood of them must not keep the loop. */
const MAX_FRAMES = 256;

/** Where the questions go out. */
export interface AskingLink {
  readonly index: number;
  readonly mac: string;
  /** An address of our own there; `0.0.0.0` where there is none. */
  readonly address: string;
}

/** Asks on one link who has an IPv4 address, and hears who says so. Nothing waits in here. */
export class ArpAsker implements Disposable {
  readonly #link: AskingLink;
  readonly #fd: number;
  #closed = false;

  /** @throws SystemError EPERM without CAP_NET_RAW, ENODEV for a link that is gone */
  constructor(link: AskingLink) {
    this.#link = link;
    this.#fd = openPacketSocket(ETHERTYPE_ARP, 'raw');
    try {
      bindPacketSocket(this.#fd, ETHERTYPE_ARP, link.index);
    } catch (error) {
      closeFd(this.#fd);
      throw error;
    }
  }

  /** Sends one question. @throws SystemError ENETDOWN, ENXIO, … */
  ask(ip: string): void {
    const { index, mac, address } = this.#link;
    sendPacket(this.#fd, index, arpQuestion(mac, address, ip));
  }

  /**
   * Whether any other station has said since the last look that it has the address: by an answer or a
   * gratuitous ARP.
   * @throws SystemError ENETDOWN once after the link went down
   */
  heard(ip: string): boolean {
    return this.stations().has(ip);
  }

  /**
   * What other stations have said since the last look: MAC by address.
   * @throws SystemError ENETDOWN once after the link went down
   */
  stations(): Map<string, string> {
    const found = new Map<string, string>();
    for (let count = 0; count < MAX_FRAMES; count += 1) {
      const received = receivePacket(this.#fd);
      if (received === undefined) break;
      if (received.packetType === PACKET_OUTGOING) continue;
      const packet = parseArp(received.bytes);
      if (packet === undefined || packet.senderMac === this.#link.mac) continue;
      found.set(packet.senderIp, packet.senderMac);
    }
    return found;
  }

  /** Idempotent. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    closeFd(this.#fd);
  }
}
