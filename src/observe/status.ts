import type { FenceKind, GroupState, Reason } from '../events.ts';

/** The JSON of `/status` (design §8). Unknown is null, so that every field is always there. */
export interface StatusReport {
  readonly node: string;
  readonly version: string;
  /** Milliseconds since the daemon started. */
  readonly uptimeMs: number;
  readonly etcd: EtcdStatus;
  readonly fence: FenceStatus;
  readonly groups: readonly GroupStatus[];
}

export interface EtcdStatus {
  readonly endpoints: readonly EndpointStatus[];
  /** At least one endpoint serves us. */
  readonly connected: boolean;
  /** The promise of our last confirmed heartbeat, in milliseconds; null before the first. */
  readonly holdForMs: number | null;
  /** Milliseconds that are left of the right to hold; null when nothing is held. */
  readonly slackMs: number | null;
}

/** What ends a hold when the daemon cannot (design §4). */
export interface FenceStatus {
  readonly kind: FenceKind;
  /** The profile in use: `seconds` where the kernel has no millisecond fence. */
  readonly profile: string;
  /** Late frames of the daemon itself are stopped, too (netdev egress hook, Linux ≥ 5.16). */
  readonly egress: boolean;
  /** Why there is no millisecond fence although the profile asks for it, in words. */
  readonly err?: string;
}

export interface EndpointStatus {
  readonly endpoint: string;
  readonly reachable: boolean;
  /** Why it is not reachable, in words. */
  readonly err?: string;
}

export interface GroupStatus {
  readonly name: string;
  readonly state: GroupState;
  /** Of the last transition; null before the first. */
  readonly reason: Reason | null;
  /** Free text of the last transition: the links that exist, the station that answered. */
  readonly detail?: string;
  /** When the group came into its state: ISO 8601 in UTC. */
  readonly since: string;
  /** The node whose key is first; null when the queue is empty or not read yet. */
  readonly leader: string | null;
  /** Create revision of the leader's key. */
  readonly revision: number | null;
  readonly vips: readonly VipStatus[];
  /** The queue as last read, the leader first. */
  readonly candidates: readonly CandidateStatus[];
  /** Missing: the group has no probes. */
  readonly health?: HealthStatus;
}

/** What the probes of a group say of this node. */
export interface HealthStatus {
  /** `unknown` before the first round of probes. */
  readonly verdict: 'unknown' | 'healthy' | 'unhealthy';
  /** What is wrong, in words; empty when nothing is. */
  readonly detail: string;
  /** Why each probe that fails now does so, by the probe as it was configured. */
  readonly failures: Readonly<Record<string, string>>;
}

export interface VipStatus {
  /** Canonical text without prefix length. */
  readonly address: string;
  /** The link it is on, or would go on; null while none is chosen. */
  readonly link: string | null;
  /** On the link, acknowledged by the kernel. */
  readonly held: boolean;
}

export interface CandidateStatus {
  readonly node: string;
  /** Lower-case hex, as etcdctl prints it. */
  readonly leaseId: string;
  /** Create revision of its key. */
  readonly revision: number;
  /** Not one of ours: honours no promise and is never deposed. */
  readonly foreign: boolean;
  /** The daemon that answers. */
  readonly mine: boolean;
  /** One of ours whose heartbeat is not overdue, as far as this daemon has heard. */
  readonly alive: boolean;
}

/** Answer of a probe: `/healthz` and `/readyz`. */
export interface ProbeResult {
  readonly ok: boolean;
  /** Why, in words. */
  readonly detail: string;
}
