/** Seams to the kernel's links and addresses. `rtnetlink.ts` is the real one. */

/** A link as the kernel lists it. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** Alternative names (`ip link property add altname`). */
  readonly altNames: readonly string[];
  /** `aa:bb:cc:dd:ee:ff`, or '' when the link has no six-byte hardware address. */
  readonly mac: string;
  readonly loopback: boolean;
  /** Administratively up (IFF_UP). */
  readonly up: boolean;
  /** Has carrier (IFF_LOWER_UP). */
  readonly carrier: boolean;
}

/** An address on a link as the kernel lists it. */
export interface LinkAddress {
  readonly linkIndex: number;
  readonly family: 4 | 6;
  /** Canonical text: dotted quad, or RFC 5952. */
  readonly address: string;
  readonly prefixLength: number;
  /** The other end of a point-to-point link, whose subnet the address counts to. */
  readonly peer?: string;
  /** IPv4: how far it is valid (RT_SCOPE_*), where that is not everywhere (0). */
  readonly scope?: number;
  /** Carries our protocol mark (`IFA_PROTO` = 0xE1). */
  readonly ours: boolean;
  /**
   * IPv4: another address of the same subnet was there before (IFA_F_SECONDARY), and this one goes with
   * it. Missing: not known.
   */
  readonly secondary?: boolean;
  /** Seconds until the kernel removes it; Infinity for a permanent one. */
  readonly validSeconds: number;
}

/** A VIP as configured. */
export interface Vip {
  readonly family: 4 | 6;
  readonly address: string;
  readonly prefixLength: number;
}

export type NetworkEvent =
  | { type: 'address-added'; address: LinkAddress }
  | { type: 'address-removed'; address: LinkAddress }
  | { type: 'link-changed'; link: Link }
  | { type: 'link-removed'; link: Link }
  /** Events were lost (ENOBUFS): dump again. */
  | { type: 'overrun'; err: string };

/** The kernel's network, in the namespace of this process. Every call rejects within a bounded time. */
export interface Network {
  /** True when the kernel keeps `IFA_PROTO` (Linux ≥ 5.18): our addresses can be told from others. */
  readonly marksAddresses: boolean;
  links(): Promise<Link[]>;
  /** All addresses of both families, in kernel order: the first of a link is its first. */
  addresses(): Promise<LinkAddress[]>;
  /**
   * Puts a VIP on a link, or sets the lifetime anew where it is there already; resolves when the
   * kernel has acknowledged.
   * @param validSeconds whole seconds ≥ 1 after which the kernel removes it
   */
  assign(linkIndex: number, vip: Vip, validSeconds: number): Promise<void>;
  /** Takes a VIP off a link; resolves when the kernel acknowledged. An absent one is success. */
  withdraw(linkIndex: number, vip: Vip): Promise<void>;
  /** Calls `listener` for each event from now on; returns the way to stop. */
  watch(listener: (event: NetworkEvent) => void): () => void;
}
