import type { Emit } from '../events.ts';
import { describe } from '../errors.ts';
import { attachFilter, closeFd, watchReadable } from '../libc.ts';
import { bindPacketSocket, openPacketSocket, receivePacket } from '../network/packet-socket.ts';
import type { Vip } from '../network/types.ts';
import { arpQuestion, ETHERTYPE_ARP, parseArp, type ArpPacket } from './arp.ts';
import { claimFilter } from './claim-filter.ts';
import type { Claim, FrameSender, Neighbours } from './types.ts';

/** Frames taken before the loop may do other things: whoever floods us must not stop our heartbeats. */
const FRAMES_AT_ONCE = 64;

/** The sender of a probe, and so the target of its answer. */
const NOBODY = '0.0.0.0';

type Listener = (claim: Claim) => void;

/**
 * Other stations by ARP, over one packet socket that is open only while somebody listens, and that a
 * filter in the kernel keeps from waking us for anything but a claim to a VIP.
 */
export class Neighbourhood implements Neighbours {
  readonly #sender: FrameSender;
  readonly #emit: Emit;
  readonly #listeners = new Map<Listener, ReadonlySet<string>>();
  #socket: { readonly fd: number; readonly unwatch: () => void } | undefined;

  /** @param sender for probes; stays the caller's */
  constructor(sender: FrameSender, emit: Emit) {
    this.#sender = sender;
    this.#emit = emit;
  }

  listen(vips: readonly Vip[], listener: Listener): () => void {
    // A function of its own for each call: the same listener may be given twice.
    const own: Listener = (claim) => listener(claim);
    const addresses = vips.filter(({ family }) => family === 4).map(({ address }) => address);
    this.#listeners.set(own, new Set(addresses));
    this.#refit();
    return () => {
      if (this.#listeners.delete(own)) this.#refit();
    };
  }

  ask(linkIndex: number, mac: string, vip: Vip): void {
    if (vip.family === 4) this.#sender.send(linkIndex, arpQuestion(mac, NOBODY, vip.address));
  }

  /** Hears nothing from now on. Idempotent. */
  close(): void {
    this.#listeners.clear();
    this.#hangUp();
  }

  /** Opens, narrows or closes the socket by what is listened for. */
  #refit(): void {
    const addresses = [...new Set([...this.#listeners.values()].flatMap((each) => [...each]))];
    if (addresses.length === 0) {
      this.#hangUp();
      return;
    }
    try {
      this.#socket ??= this.#open();
      attachFilter(this.#socket.fd, claimFilter(addresses));
      bindPacketSocket(this.#socket.fd, ETHERTYPE_ARP, 0);
    } catch (error) {
      this.#hangUp();
      this.#emit({ type: 'deaf', err: describe(error) });
    }
  }

  /** Receives nothing until it is bound to a protocol, so nothing passes before the filter is there. */
  #open(): { fd: number; unwatch: () => void } {
    const fd = openPacketSocket(0, 'raw');
    return { fd, unwatch: watchReadable(fd, () => this.#read()) };
  }

  #hangUp(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.unwatch();
    closeFd(socket.fd);
  }

  #read(): void {
    for (let count = 0; count < FRAMES_AT_ONCE; count += 1) {
      // A listener may have ended the listening.
      if (this.#socket === undefined) return;
      let packet;
      try {
        packet = receivePacket(this.#socket.fd);
      } catch (error) {
        this.#emit({ type: 'deaf', err: describe(error) });
        return;
      }
      if (packet === undefined) return;
      const arp = parseArp(packet.bytes);
      if (arp !== undefined) this.#tell(packet.ifindex, arp);
    }
  }

  #tell(linkIndex: number, { kind, senderIp, senderMac, targetIp }: ArpPacket): void {
    const answers = kind === 'reply' && targetIp === NOBODY;
    const claim: Claim = { address: senderIp, linkIndex, mac: senderMac, answers };
    for (const [listener, addresses] of this.#listeners) {
      if (addresses.has(senderIp)) listener(claim);
    }
  }
}
