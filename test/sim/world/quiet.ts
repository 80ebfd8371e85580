import type { Fault } from './fault.ts';
import { usualHolds } from './profiles.ts';
import type { HostPlan, Schedule } from './schedule.ts';

/** What a directed schedule has otherwise than a quiet one. */
export interface Direction extends Partial<Omit<Schedule, 'hosts' | 'faults'>> {
  /** What each host has otherwise; as many hosts as there are entries. */
  readonly hosts?: readonly Partial<HostPlan>[];
  readonly faults: readonly (Pick<Fault, 'kind' | 'atMs'> & Partial<Fault>)[];
}

const USUAL = {
  upForMs: 100_000,
  routeMs: 2,
  rate: 1,
  marksAddresses: true,
  clonedIdentity: undefined,
  keepOnStop: false,
};

/** Three equal hosts, a quiet network, one group and these faults, but for what is said otherwise. */
export function quiet({ hosts = [{}, {}, {}], faults, ...rest }: Direction): Schedule {
  const { groups = 1 } = rest;
  const all = Array.from({ length: groups }, (_, index) => index);
  return {
    seed: 1,
    etcdRate: 1,
    foreign: false,
    releasedBefore: true,
    ...rest,
    groups,
    hosts: hosts.map((plan, index): HostPlan => ({
      ...USUAL,
      node: `n${index}`,
      startAtMs: index * 10,
      profiles: ['seconds', 'seconds'],
      holdForMs: usualHolds(plan.profiles ?? ['seconds', 'seconds']),
      groups: all,
      ...plan,
    })),
    faults: faults.map((fault) => ({ forMs: 1, host: 0, group: 0, choice: 0, ...fault })),
  };
}
