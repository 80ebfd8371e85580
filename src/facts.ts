import type { Config } from './config/types.ts';
import type { Emit, GroupState } from './events.ts';
import type { NetworkMonitor } from './network/monitor.ts';
import type { Groups } from './vip/groups.ts';
import type { GroupFacts, LineUp } from './vip/line-up.ts';

/** States that last: worth telling the other nodes. */
const SETTLED: ReadonlySet<GroupState> = new Set([
  'following',
  'campaigning',
  'leading',
  'faulted',
]);

export interface FactsParts {
  readonly config: Pick<Config, 'listen'>;
  readonly version: string;
  readonly monitor: Pick<NetworkMonitor, 'links'>;
  readonly groups: Groups;
  readonly lineUp: Pick<LineUp, 'facts'>;
  readonly drained: () => boolean;
}

/** What this node tells the others of itself (`<prefix>/facts/<node>`): for people, and for handovers. */
export function nodeFacts(parts: FactsParts): string {
  const { config, version, monitor, groups, lineUp, drained } = parts;
  const macs = new Set(monitor.links.map(({ mac }) => mac));
  return JSON.stringify({
    version,
    links: monitor.links.map(({ name }) => name),
    macs: [...macs].filter((mac) => mac !== ''),
    groups: lineUp.facts().map((said) => ({ ...said, ...standing(groups, said) })),
    listen: config.listen,
    drained: drained(),
  });
}

/** Where a group stands here. */
function standing(groups: Groups, { name }: GroupFacts): object {
  const controller = groups.get(name);
  if (controller === undefined) return {};
  const { name: state, reason, detail, sinceMs } = controller.status;
  return { state, reason, ...(detail !== '' && { detail }), sinceMs };
}

/** Emits, and says besides when a group has come to stand otherwise. */
export function noticing(emit: Emit, onSettled: () => void): Emit {
  return (event) => {
    emit(event);
    if (event.type === 'transition' && SETTLED.has(event.to)) onSettled();
  };
}
