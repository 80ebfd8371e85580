import type { Emit } from '../events.ts';
import { describe } from '../errors.ts';
import type { ReceivedPacket } from '../network/packet-socket.ts';
import type { Vip } from '../network/types.ts';
import { arpQuestion, ETHERTYPE_ARP, parseArp } from './arp.ts';
import { claimFilter } from './claim-filter.ts';
import { ClaimSocket } from './claim-socket.ts';
import { ETHERTYPE_IPV6, parseNdpClaim } from './ndp-frame.ts';
import { solicitation } from './ndp.ts';
import type { Claim, FrameSender, Neighbours } from './types.ts';

/** The sender of a probe, and so the target of its answer. */
const NOBODY = '0.0.0.0';

type Listener = (claim: Claim) => void;
type Family = Vip['family'];

/** What takes questions to links. Both stay the caller's. */
interface Askers {
  /** Ethernet frames: for IPv4. */
  readonly sender: FrameSender;
  /** ICMPv6 messages: needed where there are IPv6 VIPs. */
  readonly neighbours: FrameSender | undefined;
}

/**
 * Other stations by ARP and by neighbour discovery, over one packet socket for each that is open only while
 * somebody listens, and that a filter in the kernel keeps from waking us for anything but a claim to a VIP.
 */
export class Neighbourhood implements Neighbours {
  readonly #askers: Askers;
  readonly #emit: Emit;
  readonly #listeners = new Map<Listener, readonly Vip[]>();
  readonly #sockets: Readonly<Record<Family, ClaimSocket>>;

  constructor(askers: Askers, emit: Emit) {
    this.#askers = askers;
    this.#emit = emit;
    this.#sockets = {
      4: this.#socket(ETHERTYPE_ARP, readArpClaim),
      6: this.#socket(ETHERTYPE_IPV6, readNdpClaim),
    };
  }

  listen(vips: readonly Vip[], listener: Listener): () => void {
    // A function of its own for each call: the same listener may be given twice.
    const own: Listener = (claim) => listener(claim);
    this.#listeners.set(own, vips);
    this.#refit();
    return () => {
      if (this.#listeners.delete(own)) this.#refit();
    };
  }

  ask(linkIndex: number, mac: string, { family, address }: Vip): void {
    const { sender, neighbours } = this.#askers;
    if (family === 4) sender.send(linkIndex, arpQuestion(mac, NOBODY, address));
    else neighbours?.send(linkIndex, solicitation(mac, address));
  }

  /** Hears nothing from now on. Idempotent. */
  close(): void {
    this.#listeners.clear();
    for (const family of [4, 6] as const) this.#sockets[family].close();
  }

  #socket(etherType: number, read: (packet: ReceivedPacket) => Claim | undefined): ClaimSocket {
    const deaf = (error: unknown): void => this.#deaf(error);
    return new ClaimSocket({
      etherType,
      onFrame: (packet) => {
        const claim = read(packet);
        if (claim !== undefined) this.#tell(claim);
      },
      onFailed: deaf,
    });
  }

  /** Opens, narrows or closes the sockets by what is listened for. */
  #refit(): void {
    const vips = [...this.#listeners.values()].flat();
    for (const family of [4, 6] as const) {
      const same = vips.filter((vip) => vip.family === family);
      const addresses = [...new Set(same.map(({ address }) => address))];
      const socket = this.#sockets[family];
      if (addresses.length === 0) {
        socket.close();
        continue;
      }
      try {
        socket.receive(claimFilter(family, addresses));
      } catch (error) {
        this.#deaf(error);
      }
    }
  }

  #deaf(error: unknown): void {
    this.#emit({ type: 'deaf', err: describe(error) });
  }

  #tell(claim: Claim): void {
    for (const [listener, vips] of this.#listeners) {
      if (vips.some(({ address }) => address === claim.address)) listener(claim);
    }
  }
}

function readArpClaim({ ifindex: linkIndex, bytes }: ReceivedPacket): Claim | undefined {
  const said = parseArp(bytes);
  if (said === undefined) return undefined;
  const { kind, senderIp: address, senderMac: mac, targetIp } = said;
  return { address, linkIndex, mac, answers: kind === 'reply' && targetIp === NOBODY };
}

function readNdpClaim({ ifindex: linkIndex, bytes }: ReceivedPacket): Claim | undefined {
  const said = parseNdpClaim(bytes);
  if (said === undefined) return undefined;
  const { target: address, mac, solicited: answers } = said;
  return { address, linkIndex, mac, answers };
}
