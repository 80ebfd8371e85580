import { LONGEST_HOLD_FOR_MS, takeoverAfterMs } from '../election/promise.ts';
import type { ConfigProblem } from '../errors.ts';
import { formatDuration } from './duration.ts';
import { smallestGraceMs, smallestLeaseTtlMs, timingFor } from './profiles.ts';
import type { Timing } from './types.ts';

/**
 * What whole-second address lifetimes cost at the end of a right, in milliseconds. A lifetime is
 * `floor(deadline − now − 1 s)`: one second because the kernel may remove an address up to 1 s late,
 * and less than another one lost in rounding down. The address thus stays at least until
 * `deadline − 2 s`.
 */
export const LIFETIME_RESERVE_MS = 2000;

/**
 * From a proof to the kernel's acknowledgement of the new lifetime, in milliseconds: a rtnetlink
 * request takes less than one; the rest is room for a busy event loop.
 */
export const ARM_WITHIN_MS = 100;

/** Bounds of the time between two gratuitous ARPs after the burst, in milliseconds. */
export const ANNOUNCE_EVERY_MIN_MS = 500;
export const ANNOUNCE_EVERY_MAX_MS = 60_000;

/** A dead node's keys stand for so long at most, in milliseconds: those of other programs wait for them. */
const LEASE_TTL_MAX_MS = 300_000;

type Beat = Pick<Timing, 'profile' | 'heartbeatEveryMs' | 'requestDeadlineMs' | 'shortest'>;

/**
 * The smallest `holdFor` with which a VIP that was armed at one proof is held until the next proof has
 * armed it anew, in milliseconds. The next beat is sent `heartbeatEvery` after the last one, its proof
 * takes at most the request deadline, arming takes `ARM_WITHIN_MS`; and in profile `seconds` the kernel
 * may remove the address `LIFETIME_RESERVE_MS` before the deadline. The first lifetime is then at least
 * 1 s too: it needs only request deadline + arming + 2 s. `adaptive` promises no less than its shortest.
 */
export function smallestHoldForMs(beat: Beat): number {
  const reserve = beat.profile === 'seconds' ? LIFETIME_RESERVE_MS : 0;
  const least = beat.heartbeatEveryMs + beat.requestDeadlineMs + ARM_WITHIN_MS + reserve;
  return Math.max(least, beat.shortest?.holdForMs ?? 0);
}

/** The smallest `holdFor` of profile `seconds`: 500 + 800 + 100 + 2000 = 3400 ms. */
export const HOLD_FOR_MIN_MS = smallestHoldForMs(timingFor({ profile: 'seconds' }));

/**
 * The longest promise of the schema, in milliseconds. Everyone waits by it when nothing is known of
 * the last holder (protocol.md rule 8), so it is the same for all nodes of all versions.
 */
export const HOLD_FOR_MAX_MS = LONGEST_HOLD_FOR_MS;

/**
 * What is wrong with a timing, each problem with the smallest (or largest) value that works.
 * `field` is the name in the configuration file: `holdFor`, `announceEvery`, or, for what no
 * operator sets, the name in `Timing`. Empty for every timing that may be run.
 */
export function timingProblems(timing: Timing): ConfigProblem[] {
  const { holdForMs, announceEveryMs, graceMs, leaseTtlMs } = timing;
  const takeover = takeoverAfterMs(holdForMs, timing.fenceLatencyMs);
  return [
    ...within('heartbeatEveryMs', timing.heartbeatEveryMs, 1, HOLD_FOR_MAX_MS, 'no heartbeat'),
    ...within('requestDeadlineMs', timing.requestDeadlineMs, 1, HOLD_FOR_MAX_MS, 'no request'),
    ...within(
      'holdFor',
      holdForMs,
      smallestHoldForMs(timing),
      HOLD_FOR_MAX_MS,
      'the address would be given up between two heartbeats',
    ),
    ...within(
      'announceEvery',
      announceEveryMs,
      ANNOUNCE_EVERY_MIN_MS,
      ANNOUNCE_EVERY_MAX_MS,
      'the network would be flooded with announcements',
    ),
    ...within(
      'graceMs',
      graceMs,
      smallestGraceMs(timing),
      Infinity,
      'a holder that survived an outage of etcd would be deposed before it can beat again',
    ),
    ...within(
      'takeoverAfterMs',
      timing.takeoverAfterMs,
      takeover,
      Infinity,
      'others would take the address while it is still held',
    ),
    ...within(
      'leaseTtl',
      leaseTtlMs,
      smallestLeaseTtlMs({ ...timing, takeoverAfterMs: takeover }),
      LEASE_TTL_MAX_MS,
      'the lease would end before the promise that others wait for',
    ),
  ];
}

function within(
  field: string,
  value: number,
  least: number,
  most: number,
  why: string,
): ConfigProblem[] {
  if (!Number.isInteger(value)) {
    const problem = 'is no whole number of milliseconds';
    return [{ field, value, problem, remedy: `give ${formatDuration(least)}` }];
  }
  const shown = formatDuration(value);
  if (value < least) {
    const remedy = `the smallest value that works is ${formatDuration(least)}`;
    return [{ field, value: shown, problem: `is too short: ${why}`, remedy }];
  }
  if (value > most) {
    const remedy = `the largest value allowed is ${formatDuration(most)}`;
    return [{ field, value: shown, problem: 'is too long', remedy }];
  }
  return [];
}
