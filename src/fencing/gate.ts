import type { Vip } from '../network/types.ts';

/** The link that a VIP is on: its index and name. */
export interface GateLink {
  readonly index: number;
  readonly name: string;
}

/**
 * The kernel's side of the millisecond fence (nftables/fence-table.ts is the real one). A VIP that it
 * manages is shut, but while it is open: the host neither answers for it nor announces it.
 */
export interface Gate {
  /**
   * Opens the VIPs for so many milliseconds from the moment at which the kernel does it, however long
   * they were open before. Resolves when it has acknowledged. @throws NetworkError
   */
  open(link: GateLink, vips: readonly Vip[], timeoutMs: number): Promise<void>;
  /** Shuts the VIPs. Idempotent. @throws NetworkError */
  shut(vips: readonly Vip[]): Promise<void>;
  /** Manages the VIPs no more. Idempotent. @throws NetworkError */
  forget(vips: readonly Vip[]): Promise<void>;
  /** Which of the VIPs it manages, whoever had it manage them. @throws NetworkError */
  managed(vips: readonly Vip[]): Promise<readonly Vip[]>;
  /** Manages none but these any more, whoever had it manage them. @throws NetworkError */
  forgetAllBut(vips: readonly Vip[]): Promise<void>;
}
