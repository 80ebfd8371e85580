import type { ElectorEvent } from '../../../src/events.ts';
import type { World } from '../world/world.ts';

/** Events that come all the time and say little. */
const QUIET: ReadonlySet<ElectorEvent['type']> = new Set(['beat', 'announced', 'endpoint']);

/** Writes the story of a run, a line for each thing that happens. */
export function tellStory(world: World, write: (line: string) => void): void {
  const { scheduler, cluster } = world;
  const line = (who: string, what: string): void =>
    write(`${scheduler.now.toFixed(1).padStart(9)} ${who.padEnd(4)} ${what}`);
  world.onEvent = ({ name }, { type, ...rest }) => {
    if (!QUIET.has(type)) line(name, `${type} ${text(rest)}`);
  };
  world.onFault = (fault, over) => line('', `${over ? 'over' : 'FAULT'} ${text(fault)}`);
  const { onChange } = cluster;
  cluster.onChange = (change) => {
    for (const { type, kv } of change.events) {
      const { value, createRevision, modRevision } = kv;
      line('etcd', `${type} ${kv.key} c${createRevision} m${modRevision} ${value.slice(0, 230)}`);
    }
    onChange(change);
  };
}

function text(what: object): string {
  return JSON.stringify(what, (_key, value: unknown) =>
    value instanceof Error ? value.message : value,
  );
}
