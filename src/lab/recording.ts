/**
 * What the instruments saw in one run. All times are milliseconds of CLOCK_BOOTTIME with a
 * fraction, on the one clock that all hosts of a lab share; hosts are indexes.
 */

/** The probes for one VIP and their answers. */
export interface ProbeTrack {
  readonly vip: string;
  /** When each question (by ARP or neighbour discovery, to many) was handed to the kernel. Grows. */
  readonly sentAt: readonly number[];
  /** Every reply that came, in order of arrival; two holders give two for one probe. */
  readonly answers: readonly ProbeAnswer[];
}

export interface ProbeAnswer {
  /** Index into `sentAt` of the very probe that this answers. */
  readonly probe: number;
  /** Kernel's time stamp of the arrival. */
  readonly at: number;
  readonly mac: string;
}

/** A frame, captured where it left a host's port, in which the host says that it has a VIP. */
export interface Claim {
  readonly at: number;
  readonly host: number;
  readonly vip: string;
  readonly mac: string;
  readonly kind: 'request' | 'reply';
  /** The whole frame, hexadecimal. */
  readonly frame: string;
  /** To many (a gratuitous ARP, an unsolicited advertisement, a question), or to one station. */
  readonly broadcast: boolean;
}

/** The kernel of a host said that a VIP came to, stayed on or left a link. */
export interface AddressChange {
  readonly at: number;
  readonly host: number;
  readonly vip: string;
  readonly link: string;
  readonly present: boolean;
}

export interface Recording {
  readonly startedAt: number;
  readonly endedAt: number;
  /** MAC of each host's `end0`. */
  readonly hostMacs: readonly string[];
  readonly probes: readonly ProbeTrack[];
  readonly claims: readonly Claim[];
  /** Begins with what was there at `startedAt`. */
  readonly addresses: readonly AddressChange[];
}

/** From `from` to `to`, `to` excluded. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** While it lasts, the host surely cannot be reached on the LAN. */
export interface Isolation extends Span {
  readonly host: number;
}
