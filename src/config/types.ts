import type { Terms } from '../election/terms.ts';
import type { ConflictPolicy } from '../events.ts';
import type { Vip } from '../network/types.ts';
import type { HealthConfig } from './health.ts';

/** How the right to hold is kept (design §4); `config/profiles.ts` has their figures. */
export type Profile = 'seconds' | 'steady' | 'fast' | 'adaptive';

/** Timing of one node. All in milliseconds. `timing.ts` holds the inequalities. */
export interface Timing extends Terms {
  readonly profile: Profile;
  /** Profile `adaptive`: the shortest terms; those above are the longest. */
  readonly shortest?: Terms;
  /** After an etcd outage a candidate's reads must have been good this long before it deposes. */
  readonly graceMs: number;
  /** What others wait before deposing us: follows from hold time and fence latency. */
  readonly takeoverAfterMs: number;
  /** A gratuitous ARP this often, after the burst. */
  readonly announceEveryMs: number;
  /** TTL of the lease, which cleans up after a dead node; never the right to hold. */
  readonly leaseTtlMs: number;
}

/** VIPs that move together: one election. */
export interface GroupConfig {
  readonly name: string;
  readonly vips: readonly Vip[];
  /** `auto`: the link whose subnet contains the VIP. A list: the first that exists. */
  readonly links: 'auto' | readonly string[];
  /** The whole key of the election when it is not `<prefix>/elections/<group>`. */
  readonly electionKey?: string;
  /** How much this node is preferred, 0 to 100. Missing: the usual, 50. */
  readonly weight?: number;
  /** Hand it over to a healthy candidate of a greater weight that has waited so long, in ms. */
  readonly preemptAfterMs?: number;
  /** Missing: a node is healthy that can hold the group. */
  readonly health?: HealthConfig;
}

export interface EtcdConfig {
  /** `http://` or `https://` URLs without path; none only for `check`. */
  readonly endpoints: readonly string[];
  /** Paths of PEM files. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Name to check in the servers' certificates instead of the endpoint's host. */
  readonly serverName?: string;
  readonly user?: string;
  readonly passwordFile?: string;
}

/** What hooks are run for. */
export const HOOKS = ['elected', 'released', 'conflict'] as const;
export type HookName = (typeof HOOKS)[number];

/** Absolute paths of the programs to run, by what they are run for. */
export type HooksConfig = { readonly [Name in HookName]?: string } & {
  /** One that has not ended after this is killed, in milliseconds. */
  readonly timeoutMs: number;
};

/** The whole configuration of a daemon, validated. */
export interface Config {
  readonly node: string;
  /** Root of every key, for instance `/vip-elector`; no slash at the end. */
  readonly prefix: string;
  readonly groups: readonly GroupConfig[];
  readonly etcd: EtcdConfig;
  readonly timing: Timing;
  /** When another station has a VIP that we hold. */
  readonly onConflict: ConflictPolicy;
  readonly listen: { readonly host: string; readonly port: number } | 'off';
  readonly runtimeDir: string;
  /** Survives a reboot, unlike the runtime directory. */
  readonly stateDir: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly logFormat: 'auto' | 'json' | 'pretty';
  /** Missing: none is configured. */
  readonly hooks?: HooksConfig;
  /** Keep the VIP on a graceful stop (for an upgrade in place): the next start resumes. */
  readonly keepOnStop: boolean;
}
