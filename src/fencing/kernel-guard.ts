import type { Instant } from '../clock.ts';
import type { Vip } from '../network/types.ts';

/**
 * What makes the kernel end a hold by its deadline though our process is dead (design §4). Whole-second
 * address lifetimes are the one there is; the millisecond fence (nftables) will be the other.
 */
export interface KernelGuard {
  readonly kind: 'address-lifetime' | 'nftables';
  /**
   * Puts a VIP on a link, or keeps it there, so that the kernel ends it by the deadline by itself.
   * Resolves when the kernel has acknowledged.
   * @returns false when too little of the right is left to arm it; then nothing was changed, or what
   *   was changed was taken back
   */
  hold(linkIndex: number, vip: Vip, deadline: Instant): Promise<boolean>;
  /** When to call `hold` again although no new proof has come; undefined: no more. */
  rearmAt(deadline: Instant): Instant | undefined;
  /** Ends a hold. Resolves when the kernel has acknowledged. */
  end(linkIndex: number, vip: Vip): Promise<void>;
}
