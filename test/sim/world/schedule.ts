import type { Profile, Timing } from '../../../src/config/types.ts';
import { LONGEST_HOLD_FOR_MS } from '../../../src/election/promise.ts';
import type { Preference } from '../../../src/vip/fitness.ts';
import { Rng } from '../engine/rng.ts';
import { withProfiles, type Profiles } from './profiles.ts';
import { FAULT_KINDS, FENCE_KINDS, OPERATION_KINDS, type Fault, type FaultKind } from './fault.ts';

/** A reload that changes the timing, by the time of the schedule. */
export interface Retime {
  readonly atMs: number;
  readonly timing: Timing;
}

export interface HostPlan {
  readonly node: string;
  readonly rate: number;
  readonly upForMs: number;
  readonly routeMs: number;
  readonly marksAddresses: boolean;
  readonly clonedIdentity: string | undefined;
  /** Of its first life, and of the later ones: somebody changed the configuration. */
  readonly profiles: readonly [Profile, Profile];
  readonly holdForMs: readonly [number, number];
  /** Profile `adaptive`: after so long without need its terms go down by a step. */
  readonly calmMs?: number | undefined;
  readonly retimes?: readonly Retime[] | undefined;
  readonly keepOnStop: boolean;
  readonly startAtMs: number;
  /** Indices of the groups that it is configured for. */
  readonly groups: readonly number[];
  /** The groups are probed there, and preferred: in schedules that have operations. */
  readonly preference?: Preference | undefined;
}

/** All that one seed decides, but for the chances of single messages. */
export interface Schedule {
  readonly seed: number;
  readonly hosts: readonly HostPlan[];
  /** Rate of the clock of etcd's leader. */
  readonly etcdRate: number;
  /** How many groups there are, each with one VIP. */
  readonly groups: number;
  /** The first group's election stands outside our prefix, and somebody who is none of us campaigns in it. */
  readonly foreign: boolean;
  /** The last hold was released before; else the very first start of a group. */
  readonly releasedBefore: boolean;
  readonly faults: readonly Fault[];
}

/** What random schedules are narrowed to, to show one thing sooner; the rest stays as it comes. */
export interface Focus {
  /** Faults of these kinds only, and all of them in each schedule. */
  readonly kinds?: readonly FaultKind[];
  readonly groups?: number;
  readonly foreign?: boolean;
  /** Two nodes have one name. */
  readonly twins?: boolean;
  /** Hosts promise differently, and otherwise in later lives. */
  readonly mixed?: boolean;
  /** Clocks run as fast or as slow as they may. */
  readonly extreme?: boolean;
  readonly keepOnStop?: boolean;
  readonly marksAddresses?: boolean;
  readonly releasedBefore?: boolean;
  /** Operators and probes act besides: these, or any. Nothing else of a seed changes by it. */
  readonly operations?: readonly FaultKind[] | 'any';
  /** Hosts with the millisecond fence, and what befalls it. */
  readonly profiles?: Profiles;
}

/** ρ of the protocol: how far a clock's rate may be off. */
const RHO = 0.085;
/** The fewest hosts that a schedule has. */
const MIN_HOSTS = 2;
const FIRST_FAULT_MS = 1000;
/** All faults are over by then: for speed most schedules are short, but longer than a restore takes. */
export const FAULTS_END_MS = 30_000;
const ENDS_MS = [12_000, 18_000, FAULTS_END_MS] as const;
/** After a restore etcd stays down for longer than the longest promise lasts by any clock (rule 16). */
const RESTORE_DOWN_MS = (LONGEST_HOLD_FOR_MS + 143) / (1 - RHO) + 200;
/** With a foreign candidate only what its own rules can bear: it honours no promise of ours. */
const NOT_BESIDE_FOREIGN: readonly FaultKind[] = [
  'candidate-deleted',
  'candidate-unleased',
  'record-deleted',
  'keys-deleted-on',
  'lease-revoked',
  'restore',
  'stale-keep-alives',
];

function rate(rng: Rng, extreme: boolean): number {
  const kind = rng.below(extreme ? 2 : 4);
  if (kind === 0) return 1 - RHO;
  if (kind === 1) return 1 + RHO;
  return rng.between(1 - RHO, 1 + RHO);
}

/** Most schedules have one group, for speed; some so many that no transaction could compare them all. */
function groupCount(rng: Rng): number {
  const kind = rng.next();
  if (kind < 0.76) return 1;
  if (kind < 0.9) return 2 + rng.below(2);
  return kind < 0.9998 ? 4 + rng.below(9) : 58 + rng.below(13);
}

/** Which groups one host has: some schedules leave some out, so that not one host holds all. */
function groupsOf(rng: Rng, host: number, count: number, leavesOut: boolean): number[] {
  const all = Array.from({ length: count }, (_, index) => index);
  if (!leavesOut) return all;
  const own = all.filter((group) => group % MIN_HOSTS === host || rng.chance(0.6));
  return own.length > 0 ? own : [0];
}

function holdFor(rng: Rng): number {
  return Math.round(rng.between(3400, LONGEST_HOLD_FOR_MS));
}

function hostPlans(rng: Rng, groups: number, focus: Focus): HostPlan[] {
  const count = rng.pick([2, 3, 3, 3, 3, 4]);
  const twins = focus.twins ?? rng.chance(0.06);
  const cloned = rng.chance(0.5) ? 'cloned-identity' : undefined;
  const mixed = focus.mixed ?? rng.chance(0.25);
  const keepOnStop = focus.keepOnStop ?? rng.chance(0.2);
  const spread = rng.pick([0, 500, 5000]);
  // Of two with one name one stays out: another must have its groups.
  const leavesOut = !twins && rng.chance(0.6);
  return Array.from({ length: count }, (_, index) => ({
    node: twins && index === 1 ? 'n0' : `n${index}`,
    rate: rate(rng, focus.extreme === true),
    upForMs: rng.between(30_000, 3_000_000),
    routeMs: rng.pick([0.5, 2, 10]),
    marksAddresses: focus.marksAddresses ?? !rng.chance(0.2),
    clonedIdentity: twins ? cloned : undefined,
    profiles: ['seconds', 'seconds'],
    holdForMs: mixed ? [holdFor(rng), rng.pick([holdFor(rng), 3400])] : [4000, 4000],
    keepOnStop,
    startAtMs: rng.next() * spread,
    groups: groupsOf(rng, index, groups, leavesOut),
  }));
}

function duration(rng: Rng, kind: FaultKind): number {
  if (kind === 'restore') return RESTORE_DOWN_MS + rng.next() * 2000;
  if (kind === 'leader-change') return rng.between(300, 2500);
  // Short ones, ones about as long as a hold, and long ones.
  const most = rng.pick([300, 3000, 6000, 14_000]);
  return rng.next() * most;
}

function faults(
  rng: Rng,
  { hosts, groups, foreign }: { hosts: number; groups: number; foreign: boolean },
  { kinds: focused, profiles }: Focus,
): Fault[] {
  const all = profiles === undefined ? FAULT_KINDS : [...FAULT_KINDS, ...FENCE_KINDS];
  const allowed = all.filter((kind) => !foreign || !NOT_BESIDE_FOREIGN.includes(kind));
  // Swarm testing: most kinds are switched off in any one schedule (reliability.md §5.1).
  const swarm = Array.from({ length: 1 + rng.below(5) }, () => rng.pick(allowed));
  const kinds = focused ?? swarm;
  const endMs = rng.pick(ENDS_MS);
  const planned = Array.from({ length: 1 + rng.below(rng.pick([6, 12, 24])) }, (): Fault => {
    const kind = rng.pick(kinds);
    const forMs = duration(rng, kind);
    const atMs = rng.between(FIRST_FAULT_MS, endMs - Math.min(forMs, endMs - FIRST_FAULT_MS));
    const host = rng.chance(0.6) ? undefined : rng.below(hosts);
    return { kind, atMs, forMs, host, group: rng.below(groups), choice: rng.next() };
  });
  return planned.toSorted((one, other) => one.atMs - other.atMs);
}

/** With nobody healthy for 10 s an unhealthy one takes what nobody holds. */
const EPIDEMIC_MS = 12_000;
/** Sooner than anybody would be configured to: schedules are short. */
const PREEMPT_AFTER_MS = [1000, 5000] as const;

/** Probes and weights of the hosts, where schedules have what they are for. */
function withPreference(
  plans: readonly HostPlan[],
  rng: Rng,
  { operations: kinds }: Focus,
): readonly HostPlan[] {
  const probed = kinds === 'any' || kinds?.some((kind) => kind === 'sick' || kind === 'epidemic');
  if (probed !== true) return plans;
  const preempts = rng.chance(0.4);
  const preemptAfterMs = rng.pick(PREEMPT_AFTER_MS);
  return plans.map((plan) => ({
    ...plan,
    preference: { weight: rng.pick([10, 50, 90]), ...(preempts && { preemptAfterMs }) },
  }));
}

/** What operators and probes do besides the faults, by chances of its own. */
function operations(
  rng: Rng,
  { hosts, groups }: { hosts: number; groups: number },
  { operations: kinds }: Focus,
): Fault[] {
  if (kinds === undefined) return [];
  const allowed = kinds === 'any' ? OPERATION_KINDS : kinds;
  return Array.from({ length: 1 + rng.below(6) }, (): Fault => {
    const kind = rng.pick(allowed);
    const usual = rng.next() * rng.pick([3000, 14_000]);
    const forMs = kind === 'epidemic' ? EPIDEMIC_MS + usual : usual;
    const atMs = rng.between(FIRST_FAULT_MS, FAULTS_END_MS / 2);
    const host = rng.chance(0.7) ? undefined : rng.below(hosts);
    return { kind, atMs, forMs, host, group: rng.below(groups), choice: rng.next() };
  });
}

/** The schedule of a seed. */
export function scheduleOf(seed: number, focus: Focus = {}): Schedule {
  const rng = new Rng(seed).fork('schedule');
  const groups = focus.groups ?? groupCount(rng.fork('groups'));
  const plans = hostPlans(rng.fork('hosts'), groups, focus);
  const profiled = withProfiles(plans, rng.fork('profiles'), focus.profiles);
  const hosts = withPreference(profiled, rng.fork('preference'), focus);
  // Drawn in any case: a focus shifts nobody else's chances.
  const beside =
    rng.chance(0.08) && !focus.kinds?.some((kind) => NOT_BESIDE_FOREIGN.includes(kind));
  const foreign = focus.foreign ?? beside;
  const around = { hosts: hosts.length, groups, foreign };
  const asked = operations(rng.fork('operations'), around, focus);
  const etcdRate = rate(rng, focus.extreme === true);
  const releasedBefore = focus.releasedBefore ?? !rng.chance(0.2);
  const faultsRng = rng.fork('faults');
  return {
    seed,
    hosts,
    etcdRate,
    groups,
    foreign,
    releasedBefore,
    faults: [...faults(faultsRng, around, focus), ...asked].toSorted(
      (one, other) => one.atMs - other.atMs,
    ),
  };
}
