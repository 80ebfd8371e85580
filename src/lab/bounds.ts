import type { Profile } from '../config/types.ts';

/** What the daemons of a lab run with: one profile, or a different one on each host. */
export type LabProfile = Profile | 'mixed';

export const LAB_PROFILES = [
  'steady',
  'fast',
  'adaptive',
  'seconds',
  'mixed',
] as const satisfies readonly LabProfile[];

/** What is promised of a hold in a profile. All in milliseconds. */
export interface Bounds {
  readonly profile: Profile;
  /** Outage when the holder is gone: its takeover, and what etcd, a beat and a look of the successor add. */
  readonly takeoverMs: number;
  /** The same where etcd must choose a leader first. */
  readonly takeoverWithElectionMs: number;
  /** The old holder's links are rid of the address so long after the last possible proof. */
  readonly goneMs: number;
  /**
   * Outage when an etcd member dies; 0: nothing at all is noticed, where etcd serves an independent
   * client in time.
   */
  readonly memberMs: number;
  /** The address itself is the gate: never on two hosts at a time. Else it may be there, shut. */
  readonly apart: boolean;
}

/** With the millisecond fence an address is gone within 2 s of the deadline (design §1); and an observer's lateness. */
const GONE_AFTER_MS = 2_000 + 20;

/** Issue 2's and issue 4's tables of bounds; design §4 has the hold times. */
const BOUNDS: Readonly<Record<Profile, Bounds>> = {
  seconds: {
    profile: 'seconds',
    takeoverMs: 5_300,
    takeoverWithElectionMs: 7_000,
    goneMs: 4_000 + 143,
    memberMs: 0,
    apart: true,
  },
  steady: {
    profile: 'steady',
    takeoverMs: 3_900,
    takeoverWithElectionMs: 4_500,
    goneMs: 3_000 + GONE_AFTER_MS,
    memberMs: 0,
    apart: false,
  },
  fast: {
    profile: 'fast',
    takeoverMs: 950,
    takeoverWithElectionMs: 3_000,
    goneMs: 600 + GONE_AFTER_MS,
    memberMs: 1_600,
    apart: false,
  },
  // It may be anywhere between the two.
  adaptive: {
    profile: 'adaptive',
    takeoverMs: 3_900,
    takeoverWithElectionMs: 4_500,
    goneMs: 3_000 + GONE_AFTER_MS,
    memberMs: 1_600,
    apart: false,
  },
};

const MIXED = ['fast', 'steady', 'seconds'] as const;

/** The profile of one host's daemon. */
export function profileOfHost(profile: LabProfile, host: number): Profile {
  return profile === 'mixed' ? (MIXED[host % MIXED.length] ?? 'seconds') : profile;
}

/** What is promised while this host holds: others wait for what it has promised. */
export function boundsOf(profile: LabProfile, holder: number): Bounds {
  return BOUNDS[profileOfHost(profile, holder)];
}

/** A limit, of all profiles or of each. */
export type Limit = number | ((bounds: Bounds) => number);

export function limitIn(limit: Limit, bounds: Bounds): number {
  return typeof limit === 'number' ? limit : limit(bounds);
}
