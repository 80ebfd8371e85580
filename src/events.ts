/**
 * Everything that happens in the daemon and that a person, a log or a metric may want to know. The
 * rooms report through one synchronous `emit`; only `daemon.ts` connects it to `observe/`.
 */

/** States of a group on this node (design §5). */
export const GROUP_STATES = [
  'following',
  'campaigning',
  'assigning',
  'leading',
  'withdrawing',
  'faulted',
] as const;
export type GroupState = (typeof GROUP_STATES)[number];

/** Why a transition happened (design §5). */
export const REASONS = [
  'elected',
  'lease-resumed',
  'handover',
  'shutdown',
  'fence-expired',
  'lease-lost',
  'deposed',
  'link-down',
  'link-missing',
  'unhealthy',
  'conflict',
  'assign-failed',
  'etcd-unreachable',
  'config-changed',
  'drained',
  'preempted',
  'last-resort',
  'name-conflict',
  'foreign-address',
  'suspended',
] as const;
export type Reason = (typeof REASONS)[number];

/** Whole-second lifetimes of addresses, or nftables to the millisecond (design §4). */
export type FenceKind = 'address-lifetime' | 'nftables';

/**
 * What to do when another station has a VIP that we hold: announce it again (RFC 5227 §2.4), leave it to
 * others, or only say so. But for the last none is taken that somebody answers for.
 */
export const CONFLICT_POLICIES = ['defend', 'yield', 'alert'] as const;
export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number];

export type ElectorEvent =
  // lifecycle
  | { type: 'started'; version: string; node: string }
  | { type: 'stopping'; signal: string }
  | { type: 'stopped'; durationMs: number }
  | { type: 'listen-failed'; listen: string; err: unknown }
  | { type: 'listening'; listen: string }
  | { type: 'loop-lag'; lagMs: number }
  /** The service manager did not take a notice (sd_notify(3)). */
  | { type: 'notify-failed'; state: string; err: unknown }
  /** The state file cannot be written: a full or read-only runtime directory. */
  | { type: 'state-unwritable'; err: unknown }
  // one group
  | {
      type: 'transition';
      group: string;
      from: GroupState;
      to: GroupState;
      reason: Reason;
      /** Free text for people: the links that exist, the station that answered. */
      detail?: string;
    }
  /** Another leader key is first; `leader` is undefined when the queue is empty. */
  | { type: 'leader-changed'; group: string; leader?: string; revision?: number; foreign: boolean }
  /** From the sending of the taking until every VIP of the group was on its link. */
  | { type: 'takeover'; group: string; durationMs: number }
  | { type: 'leaseless-candidate'; group: string; key: string }
  // the right to hold
  | { type: 'lease-granted'; leaseId: string }
  | { type: 'lease-gone'; leaseId: string }
  /** A beat was confirmed. `slackMs`: what was left of the right just before; undefined if none was held. */
  | { type: 'beat'; durationMs: number; holdForMs: number; slackMs?: number }
  | { type: 'beat-failed'; code: string; err: unknown }
  /** Profile `adaptive`: what the next heartbeats promise, and how often they are sent. */
  | { type: 'terms-changed'; holdForMs: number; heartbeatEveryMs: number }
  | { type: 'name-conflict'; node: string; err: string }
  | { type: 'name-conflict-over'; node: string }
  /** Somebody had deleted our heartbeat key or the holder record: written anew, the hold goes on. */
  | { type: 'claim-renewed'; group: string }
  | { type: 'etcd-regressed'; err: string; waitMs: number }
  // etcd
  /** A change of one endpoint's state, not every retry. */
  | { type: 'endpoint'; endpoint: string; reachable: boolean; err?: string }
  | { type: 'etcd-connected'; connected: boolean; err?: string }
  | { type: 'credentials'; renewed: boolean; err?: string }
  /** Which version a member runs, told anew when it has changed. `defects`: known ones, in words. */
  | { type: 'etcd-version'; endpoint: string; version: string; defects: readonly string[] }
  | { type: 'etcd-error'; code: string; call: string; endpoint: string; err: unknown }
  // the kernel's guard
  /** What ends a hold when this process cannot. `egress`: our own late frames too. `err`: why not better. */
  | { type: 'fence'; kind: FenceKind; profile: string; egress: boolean; err?: string }
  | { type: 'fence-failed'; err: unknown }
  /** Somebody had removed our tables: made anew. */
  | { type: 'fence-repaired' }
  // addresses
  | { type: 'vip-held'; group: string; vip: string; link: string; held: boolean }
  | { type: 'withdraw-failed'; group: string; vip: string; link: string; err: unknown }
  | { type: 'leftover-withdrawn'; vip: string; link: string }
  /** Once of each kind: who may have removed an address of ours, or have added one that is not. */
  | { type: 'hint'; about: 'removed' | 'foreign'; hint: string }
  | { type: 'drift-repaired'; group: string; vip: string; link: string; durationMs: number }
  /**
   * Another station claims or answers for a VIP; told at once, and again once in 10 s while it does.
   * `node`: it is one of ours, and the fence settles it. `yielded`: the group is not held here.
   */
  | {
      type: 'conflict';
      group: string;
      vip: string;
      link: string;
      mac: string;
      node?: string;
      answer: 'defended' | 'yielded' | 'none';
    }
  | { type: 'conflict-over'; group: string; vip: string; mac: string }
  /** Other stations cannot be heard or asked: conflicts may pass unseen. */
  | { type: 'deaf'; err: string }
  /** The VIP is there as /32: with the prefix that was wanted it would be its subnet's primary address. */
  | { type: 'prefix-refused'; group: string; vip: string; link: string; wanted: number }
  | { type: 'announced'; vip: string; link: string; kind: 'request' | 'reply' | 'na' }
  | { type: 'announce-failed'; vip: string; link: string; err: unknown }
  | { type: 'network-overrun'; err: string }
  // configuration
  /** It was read anew. `changed`: groups that are new, gone or otherwise, and `log.level`. */
  | { type: 'reloaded'; changed: readonly string[] }
  /** It was read anew and is refused: everything is as it was. */
  | { type: 'reload-refused'; err: unknown }
  | { type: 'group-added'; group: string; vips: readonly string[] }
  | { type: 'group-removed'; group: string }
  // health
  /** A probe has answered as it should, or not, for the first time or otherwise than before. */
  | { type: 'probe'; group: string; probe: string; up: boolean; err?: string }
  /** What the probes of a group come to has changed. */
  | { type: 'health'; group: string; healthy: boolean; detail?: string }
  // hooks
  | { type: 'hook-done'; hook: string; group: string; durationMs: number }
  /** `err`: how it failed, in words. */
  | { type: 'hook-failed'; hook: string; group: string; err: string }
  // the seams, at log level debug only (observe/traced-store.ts, observe/traced-network.ts)
  /**
   * A request went out, or its answer came in. `number` is the same for both and unique for its seam.
   * `about`: the keys that a transaction writes or deletes, the address that the kernel is told of.
   */
  | {
      type: 'call';
      seam: 'etcd' | 'kernel';
      call: string;
      number: number;
      phase: 'sent' | 'answered' | 'failed';
      about: readonly string[];
    }
  /** The watch brought changes of these keys. */
  | { type: 'watched'; keys: readonly string[] };

export type Emit = (event: ElectorEvent) => void;
