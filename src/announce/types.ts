/** Seam: what puts frames on a link. The AF_PACKET sender is the real one. */
export interface FrameSender {
  /**
   * Hands one Ethernet frame, header included, to a link's driver; returns at once.
   * @throws Error with `code` (ENETDOWN, ENXIO, …) when the kernel refuses it.
   */
  send(linkIndex: number, frame: Uint8Array): void;
  /** Closes the socket; further sends throw. Idempotent. */
  close(): void;
}
