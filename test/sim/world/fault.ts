import type { Host } from '../host/host.ts';
import type { SimGroup, World } from './world.ts';

/** Undoes what is left of a fault. */
export type Heal = () => void;

/** What befalls one host or the world: lets it begin and returns what ends it. */
export type Begin = (world: World, host: Host, fault: Fault, group: SimGroup) => Heal;

/** One thing that goes wrong, as the schedule has it. */
export interface Fault {
  readonly kind: FaultKind;
  /** True time of its beginning, in milliseconds. */
  readonly atMs: number;
  /** How long it lasts. */
  readonly forMs: number;
  /** Index of the host that it befalls; of none: whoever holds when it begins. */
  readonly host: number | undefined;
  /** Index of the group that it befalls, and whose holder `host` undefined means. */
  readonly group: number;
  /** In [0, 1): what else there is to choose. */
  readonly choice: number;
  /** Never healed, as nothing else on its host is: the others have to do without. Directed only. */
  readonly lasts?: boolean;
}

/** Everything that a schedule may do to the world. */
export const FAULT_KINDS = [
  'process-pause',
  'process-kill',
  'state-lost',
  'stop',
  'pause-at-assign',
  'disk-full',
  'wall-clock-jump',
  'vm-pause',
  'suspend',
  'power-cut',
  'carrier-lost',
  'lan-cut',
  'kernel-trouble',
  'address-deleted',
  'route-cut',
  'route-lossy',
  'route-slow',
  'reads-cut',
  'watch-stuck',
  'watch-gaps',
  'watch-broken',
  'compaction',
  'leader-change',
  'quorum-lost',
  'no-space',
  'stale-keep-alives',
  'restore',
  'candidate-deleted',
  'beat-deleted',
  'record-deleted',
  'records-touched',
  'candidate-unleased',
  'lease-revoked',
  'garbage',
  'keys-deleted-on',
] as const;
/** What befalls the millisecond fence: in schedules of hosts that have one. */
export const FENCE_KINDS = ['pause-at-open', 'pause-at-frame', 'tables-flushed'] as const;
/** What operators ask for and probes find: in schedules that have operations. */
export const OPERATION_KINDS = [
  'handover',
  'drain',
  'stranger',
  'sick',
  'epidemic',
  'regroup',
] as const;
/** What only directed schedules do: another kind would change what every seed comes to. */
export const DIRECTED_KINDS = [
  'pause-to-deposing',
  'stray-candidate',
  'beat-put-back',
  'read-replies-slow',
  'keep-alives-cut',
] as const;
export type FaultKind =
  | (typeof FAULT_KINDS)[number]
  | (typeof FENCE_KINDS)[number]
  | (typeof OPERATION_KINDS)[number]
  | (typeof DIRECTED_KINDS)[number];

export const NOTHING_LEFT: Heal = () => undefined;
