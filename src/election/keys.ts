import { NO_LEASE, type LeaseId } from './store.ts';

/**
 * Top 24 of a lease ID's 63 bits: ours is what has such a lease (protocol.md, Keys). ASCII "VEL".
 */
const LEASE_TAG = 0x56_45_4cn;
/** Random bits below the tag. */
const LEASE_RANDOM_BITS = 39n;

/** A random lease ID that carries our tag. `random` yields 39 random bits. */
export function newLeaseId(random: bigint): LeaseId {
  const low = BigInt.asUintN(Number(LEASE_RANDOM_BITS), random);
  return ((LEASE_TAG << LEASE_RANDOM_BITS) | low).toString(16);
}

/** True when the lease carries our tag: the candidate honours this protocol's promises. */
export function isOurLease(lease: LeaseId): boolean {
  return lease !== NO_LEASE && BigInt(`0x${lease}`) >> LEASE_RANDOM_BITS === LEASE_TAG;
}

/** Where everything is in etcd (protocol.md, Keys). */
export class Keys {
  /** Without a slash at the end. */
  readonly prefix: string;
  constructor(prefix: string) {
    this.prefix = prefix;
  }
  /** Prefix of all heartbeat keys. */
  get nodes(): string {
    return `${this.prefix}/nodes/`;
  }
  /** Prefix of all elections at their usual place. */
  get elections(): string {
    return `${this.prefix}/elections/`;
  }
  /** Prefix of all holder records. */
  get holders(): string {
    return `${this.prefix}/holders/`;
  }
  /** Written with every holder record: its mod revision is that of the newest write of any of them. */
  get epoch(): string {
    return `${this.prefix}/epoch`;
  }
  node(name: string): string {
    return `${this.nodes}${name}`;
  }
  /** The group's holder record. */
  holder(group: string): string {
    return `${this.holders}${group}`;
  }
  facts(node: string): string {
    return `${this.prefix}/facts/${node}`;
  }
  history(group: string): string {
    return `${this.prefix}/history/${group}`;
  }
  /** The election of a group, without a slash at the end. */
  election(group: string, electionKey?: string): string {
    return electionKey ?? `${this.elections}${group}`;
  }
  /** True when the election stands outside our prefix, where foreign candidates are to be expected. */
  isForeignElection(electionKey: string | undefined): boolean {
    return electionKey !== undefined && !electionKey.startsWith(`${this.prefix}/`);
  }
}

/** The key of a candidate, as Go's concurrency.Election writes it: `<election>/<lease in %x>`. */
export function candidateKey(election: string, lease: LeaseId): string {
  return `${election}/${lease}`;
}
