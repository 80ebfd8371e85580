import type { ElectorEvent, Reason } from '../events.ts';

type EventType = ElectorEvent['type'];
type EventOf<T extends EventType> = Extract<ElectorEvent, { type: T }>;
/** error = a person must act; warn = recovered or will retry; debug = heartbeats and frames. */
type Level = 'error' | 'warn' | 'info' | 'debug';
type Component =
  | 'daemon'
  | 'health'
  | 'hooks'
  | 'http'
  | 'vip'
  | 'election'
  | 'etcd'
  | 'network'
  | 'announce';
type Line = readonly [component: Component, level: Level, message: string];

/** A lag of half a heartbeat interval (500 ms) begins to cost slack: worth a warning. */
const LAG_WARN_MS = 250;

/** Somebody else on the LAN or in the cluster is wrong: a person must find it. */
const PERSON_NEEDED = new Set<Reason>(['conflict', 'foreign-address', 'name-conflict']);
/** Went wrong, and will be tried again. */
const TROUBLE = new Set<Reason>([
  'fence-expired',
  'lease-lost',
  'deposed',
  'link-down',
  'link-missing',
  'unhealthy',
  'assign-failed',
  'etcd-unreachable',
  'suspended',
]);

function levelOfTransition({ to, reason }: EventOf<'transition'>): Level {
  if (to !== 'withdrawing' && to !== 'faulted') return 'info';
  if (PERSON_NEEDED.has(reason)) return 'error';
  return TROUBLE.has(reason) ? 'warn' : 'info';
}

/** How each event is said. An event that is missing here does not compile. */
const LINES: { readonly [T in EventType]: Line | ((event: EventOf<T>) => Line) } = {
  started: ['daemon', 'info', 'started'],
  stopping: ['daemon', 'info', 'stopping'],
  stopped: ['daemon', 'info', 'stopped'],
  'listen-failed': ['http', 'warn', 'cannot listen'],
  'notify-failed': ['daemon', 'warn', 'cannot notify the service manager'],
  listening: ['http', 'info', 'listening'],
  'loop-lag': ({ lagMs }) => [
    'daemon',
    lagMs >= LAG_WARN_MS ? 'warn' : 'debug',
    'event loop was late',
  ],
  'state-unwritable': ['daemon', 'error', 'cannot write the state file'],
  transition: (event) => ['vip', levelOfTransition(event), 'transition'],
  'leader-changed': ['election', 'info', 'leader changed'],
  takeover: ['vip', 'info', 'takeover done'],
  'leaseless-candidate': ['election', 'warn', 'candidate key without a lease is ignored'],
  'lease-granted': ['election', 'info', 'lease granted'],
  'lease-gone': ['election', 'warn', 'lease is gone'],
  beat: ['election', 'debug', 'heartbeat confirmed'],
  'beat-failed': ['election', 'warn', 'heartbeat failed'],
  'terms-changed': ['election', 'info', 'promise changed'],
  'name-conflict': ['election', 'error', 'another node has our name'],
  'name-conflict-over': ['election', 'info', 'no other node has our name any more'],
  'claim-renewed': ['election', 'warn', 'someone deleted our heartbeat key or the holder record'],
  // It recovers by itself, but only a person knows whether a backup was restored on purpose.
  'etcd-regressed': ['etcd', 'error', 'etcd has gone back in time'],
  endpoint: ({ reachable }) =>
    reachable
      ? ['etcd', 'info', 'endpoint is reachable']
      : ['etcd', 'warn', 'endpoint is not reachable'],
  'etcd-connected': ({ connected }) =>
    connected ? ['etcd', 'info', 'etcd is connected'] : ['etcd', 'warn', 'etcd is not reachable'],
  credentials: ({ renewed }) =>
    renewed
      ? ['etcd', 'info', 'certificates for etcd renewed']
      : ['etcd', 'warn', 'new certificates for etcd are not usable, going on with the old ones'],
  'etcd-version': ({ defects }) =>
    defects.length === 0
      ? ['etcd', 'info', 'etcd version']
      : ['etcd', 'warn', 'etcd version has known defects'],
  'etcd-error': ['etcd', 'warn', 'call to etcd failed'],
  // Asked for more than the kernel can do: whoever counts on a quick failover has to know.
  fence: ({ err }) =>
    err === undefined
      ? ['daemon', 'info', 'fence is ready']
      : ['daemon', 'warn', 'no millisecond fence, using profile seconds'],
  'fence-failed': ['network', 'error', 'cannot shut the fence'],
  'fence-repaired': ['network', 'warn', 'someone removed our nftables tables, made anew'],
  'vip-held': ({ held }) => ['network', 'info', held ? 'vip assigned' : 'vip withdrawn'],
  'withdraw-failed': ['network', 'error', 'cannot withdraw vip'],
  'leftover-withdrawn': ['network', 'warn', 'withdrew an address left behind'],
  'drift-repaired': ['network', 'warn', 'vip was deleted by someone else and put back'],
  hint: ({ about }) => [
    'network',
    'warn',
    about === 'removed' ? 'who may have deleted the vip' : 'whose the address may be',
  ],
  'prefix-refused': ['network', 'warn', 'vip is assigned as /32, it would be the primary address'],
  conflict: ['announce', 'error', 'another station has our vip'],
  'conflict-over': ['announce', 'info', 'no other station has our vip any more'],
  deaf: ['announce', 'warn', 'cannot hear or ask other stations'],
  announced: ['announce', 'debug', 'announced'],
  'announce-failed': ['announce', 'warn', 'cannot announce vip'],
  'network-overrun': ['network', 'warn', 'kernel events were lost, reading anew'],
  reloaded: ['daemon', 'info', 'configuration reloaded'],
  'reload-refused': ['daemon', 'error', 'configuration refused, everything stays as it was'],
  'group-added': ['daemon', 'info', 'group added'],
  'group-removed': ['daemon', 'info', 'group removed'],
  probe: ({ up }) =>
    up ? ['health', 'info', 'probe succeeds'] : ['health', 'warn', 'probe fails'],
  health: ({ healthy }) =>
    healthy ? ['health', 'info', 'node is healthy'] : ['health', 'warn', 'node is unhealthy'],
  'hook-done': ['hooks', 'debug', 'hook is done'],
  'hook-failed': ['hooks', 'warn', 'hook failed'],
  call: ({ seam }) => [seam === 'etcd' ? 'etcd' : 'network', 'debug', 'call'],
  watched: ['etcd', 'debug', 'the watch brought changes'],
};

/** Component, level and constant message of an event. */
export function lineOf(event: ElectorEvent): Line {
  // TypeScript cannot see that the event given is of the type that it was looked up by.
  const entry = LINES[event.type] as Line | ((event: ElectorEvent) => Line);
  return typeof entry === 'function' ? entry(event) : entry;
}
