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
