import type { Config, GroupConfig } from './config/types.ts';
import type { Emit, GroupState } from './events.ts';
import type { NetworkMonitor } from './network/monitor.ts';
import type { GroupController } from './vip/controller.ts';
import type { Groups } from './vip/groups.ts';

/** States that last: worth telling the other nodes. */
const SETTLED: ReadonlySet<GroupState> = new Set([
  'following',
  'campaigning',
  'leading',
  'faulted',
]);

export interface FactsParts {
  readonly config: Pick<Config, 'groups' | 'listen'>;
  readonly version: string;
  readonly monitor: Pick<NetworkMonitor, 'links'>;
  readonly groups: Groups;
  readonly drained: () => boolean;
}

/** What this node tells the others of itself (`<prefix>/facts/<node>`): for people, and for handovers. */
export function nodeFacts({ config, version, monitor, groups, drained }: FactsParts): string {
  return JSON.stringify({
    version,
    links: monitor.links.map(({ name }) => name),
    groups: config.groups.map((group) => groupFacts(group, groups.get(group.name))),
    listen: config.listen,
    drained: drained(),
  });
}

/** A group's VIPs, and where it stands here. */
function groupFacts({ name, vips }: GroupConfig, controller: GroupController | undefined): object {
  const addresses = vips.map((vip) => vip.address);
  if (controller === undefined) return { name, vips: addresses };
  const { name: state, reason, detail, sinceMs } = controller.status;
  return { name, vips: addresses, state, reason, ...(detail !== '' && { detail }), sinceMs };
}

/** Emits, and says besides when a group has come to stand otherwise. */
export function noticing(emit: Emit, onSettled: () => void): Emit {
  return (event) => {
    emit(event);
    if (event.type === 'transition' && SETTLED.has(event.to)) onSettled();
  };
}
