import { PROFILES, timingFor } from '../../../src/config/profiles.ts';
import { smallestHoldForMs } from '../../../src/config/timing.ts';
import type { Profile, Timing } from '../../../src/config/types.ts';
import { LONGEST_HOLD_FOR_MS } from '../../../src/election/promise.ts';
import type { Rng } from '../engine/rng.ts';
import type { HostPlan, Retime } from './schedule.ts';

/** Which profiles the hosts of a schedule have: each its own, or all the same; `retimed`: each its own, and others while it runs. */
export type Profiles = 'mixed' | 'retimed' | Exclude<Profile, 'seconds'>;

const NAMES: readonly Profiles[] = ['mixed', 'retimed', 'fast', 'steady', 'adaptive'];

/** @returns undefined for no name @throws for a name that is none of theirs */
export function profilesNamed(name: string | undefined): Profiles | undefined {
  const found = NAMES.find((each) => each === name);
  if (name === undefined || found !== undefined) return found;
  throw new Error(`--profiles ${name}: give one of ${NAMES.join(', ')}`);
}

/** How often the terms of an adaptive one may go down, in milliseconds: in earnest, and for short schedules. */
const CALM_MS = [300, 1500, 10_000] as const;

/** From the start of a schedule: most while faults last. */
const RETIMED_UNTIL_MS = [2000, 12_000, 30_000] as const;

function holdFor(rng: Rng, profile: Profile, plan: HostPlan, life: 0 | 1): number {
  const timing = timingFor({ profile });
  const odd = rng.chance(0.2);
  const chosen = Math.round(rng.between(smallestHoldForMs(timing), LONGEST_HOLD_FOR_MS));
  if (profile === 'seconds') return plan.holdForMs[life];
  return odd ? chosen : timing.holdForMs;
}

/** Reloads with another timing: some close together, as by a hand that is not sure. */
function retimesOf(rng: Rng, plan: HostPlan): readonly Retime[] {
  return Array.from({ length: 1 + rng.below(8) }, (): Retime => {
    const profile = rng.pick(PROFILES);
    const timing = timingFor({ profile, holdForMs: holdFor(rng, profile, plan, 0) });
    return { atMs: Math.round(rng.between(500, rng.pick(RETIMED_UNTIL_MS))), timing };
  });
}

/** Gives hosts profiles. @param wanted undefined: they keep what they have */
export function withProfiles(
  plans: readonly HostPlan[],
  rng: Rng,
  wanted: Profiles | undefined,
): readonly HostPlan[] {
  if (wanted === undefined) return plans;
  return plans.map((plan) => {
    const any = wanted === 'mixed' || wanted === 'retimed';
    const draw = (): Profile => (any ? rng.pick(PROFILES) : wanted);
    const first = draw();
    // Somebody changed the configuration.
    const later = rng.chance(0.3) ? draw() : first;
    const holdForMs = [holdFor(rng, first, plan, 0), holdFor(rng, later, plan, 1)] as const;
    const profiles = [first, later] as const;
    const given = { ...plan, profiles, holdForMs, calmMs: rng.pick(CALM_MS) };
    return wanted === 'retimed' ? { ...given, retimes: retimesOf(rng, plan) } : given;
  });
}

/** What hosts of these profiles promise when nobody says otherwise. */
export function usualHolds(profiles: readonly [Profile, Profile]): readonly [number, number] {
  const [first, later] = profiles.map((profile) => timingFor({ profile }).holdForMs);
  return [first ?? 0, later ?? 0];
}

/** The timings of a host's first life and of the later ones. */
export function timingsOf({ profiles, holdForMs }: HostPlan): Timing[] {
  return profiles.map((profile, life) => {
    const ms = holdForMs[life];
    return timingFor({ profile, holdForMs: ms });
  });
}
