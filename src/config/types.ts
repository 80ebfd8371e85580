import type { Vip } from '../network/types.ts';

/** Timing of one node. All in milliseconds. `timing.ts` holds the profiles and the inequalities. */
export interface Timing {
  readonly profile: 'seconds';
  /** The holder writes its heartbeat this often. */
  readonly heartbeatEveryMs: number;
  /** Deadline of one etcd request. */
  readonly requestDeadlineMs: number;
  /** After an etcd outage a candidate's reads must have been good this long before it deposes. */
  readonly graceMs: number;
  /** A proof is good for this long, counted from before its request was sent. */
  readonly holdForMs: number;
  /** How late this profile's fence may close; part of the promise (protocol.md, Words). */
  readonly fenceLatencyMs: number;
  /** What others wait before deposing us: follows from the two above. */
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
}

export interface EtcdConfig {
  /** `http://` or `https://` URLs without path, at least one. */
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

/** The whole configuration of a daemon, validated. */
export interface Config {
  readonly node: string;
  /** Root of every key, for instance `/vip-elector`; no slash at the end. */
  readonly prefix: string;
  readonly groups: readonly GroupConfig[];
  readonly etcd: EtcdConfig;
  readonly timing: Timing;
  readonly listen: { readonly host: string; readonly port: number } | 'off';
  readonly runtimeDir: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly logFormat: 'auto' | 'json' | 'pretty';
  /** Keep the VIP on a graceful stop (for an upgrade in place): the next start resumes. */
  readonly keepOnStop: boolean;
}
