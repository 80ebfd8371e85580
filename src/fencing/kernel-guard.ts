import type { Instant } from '../clock.ts';
import type { FenceKind } from '../events.ts';
import type { Link, Vip } from '../network/types.ts';

/** What makes the kernel end a hold by its deadline though our process is dead (design §4). */
export interface KernelGuard {
  readonly kind: FenceKind;
  /**
   * Lets the host answer for these VIPs on the link until the deadline, and no longer, whatever becomes
   * of us. Before an address is put there, and again at each proof.
   * @returns false when too little of the right is left; then the VIPs are shut
   * @throws NetworkError
   */
  open(link: Link, vips: readonly Vip[], deadline: Instant): Promise<boolean>;
  /**
   * Puts a VIP on a link, or keeps it there, so that the kernel takes it off by itself after the right.
   * Resolves when the kernel has acknowledged.
   * @param isThere it was put there before, and nobody is known to have taken it off since
   * @returns false when too little of the right is left to arm it; then nothing was changed, or what
   *   was changed was taken back
   * @throws NetworkError
   */
  hold(linkIndex: number, vip: Vip, deadline: Instant, isThere: boolean): Promise<boolean>;
  /** When to call `hold` again although no new proof has come; undefined: no more. */
  rearmAt(deadline: Instant): Instant | undefined;
  /** From now on the host does not answer for these VIPs, wherever they are. Idempotent. Never rejects. */
  shut(vips: readonly Vip[]): Promise<void>;
  /** Takes a VIP off a link. Resolves when the kernel has acknowledged. @throws NetworkError */
  end(linkIndex: number, vip: Vip): Promise<void>;
  /** The VIPs are off every link: they are no business of ours any more. Never rejects. */
  forget(vips: readonly Vip[]): Promise<void>;
  /**
   * Of VIPs whose addresses an earlier daemon has left on their links: those that the kernel ends by the
   * deadline still, so that they may stay until their right is proved again. @throws NetworkError
   */
  guarded(vips: readonly Vip[]): Promise<readonly Vip[]>;
  /**
   * Undoes what an earlier daemon had the kernel do, but for these VIPs, whose addresses stay for now.
   * All other addresses of ours are off by then. @throws NetworkError
   */
  settle(stay: readonly Vip[]): Promise<void>;
}
