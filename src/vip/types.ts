import type { Vip } from '../network/types.ts';

/** One group as its controller needs it. */
export interface VipGroup {
  readonly name: string;
  readonly vips: readonly Vip[];
  readonly links: 'auto' | readonly string[];
}

/** An address that we put on a link, as the state file lists it: for kernels without IFA_PROTO. */
export interface AssignedAddress {
  readonly link: string;
  readonly address: string;
  readonly prefixLength: number;
}

/** Keeps the list of what we put on links, before it is there. */
export interface AddressJournal {
  readonly addresses: readonly AssignedAddress[];
  /** @throws when the state file cannot be written */
  setAddresses(addresses: readonly AssignedAddress[]): void;
}
