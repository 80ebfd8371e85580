import type { Vip } from '../network/types.ts';

/** Seam: what puts frames on a link. The real ones are AF_PACKET's (ARP) and ICMPv6's. */
export interface FrameSender {
  /**
   * Hands one Ethernet frame, header included, or one ICMPv6 message, to a link; returns at once.
   * @throws Error with `code` (ENETDOWN, ENXIO, …) when the kernel refuses it.
   */
  send(linkIndex: number, frame: Uint8Array): void;
  /** Closes the socket; further sends throw. Idempotent. */
  close(): void;
}

/** Another station's word that a VIP is at it. */
export interface Claim {
  readonly address: string;
  readonly linkIndex: number;
  /** Of the station, `aa:bb:cc:dd:ee:ff`. May be our own, where a switch gives frames back. */
  readonly mac: string;
  /** It answers somebody who asked without claiming it, such as `ask`. */
  readonly answers: boolean;
}

/** Seam: the other stations of the LAN. `neighbourhood.ts` is the real one. */
export interface Neighbours {
  /** Tells of every claim to these VIPs, on any link, until the returned function is called. */
  listen(vips: readonly Vip[], listener: (claim: Claim) => void): () => void;
  /**
   * Asks a link who has the VIP, without claiming it; who has it answers, and `listen` tells.
   * @param mac of the link
   * @throws Error with `code` when the kernel refuses the frame
   */
  ask(linkIndex: number, mac: string, vip: Vip): void;
}
