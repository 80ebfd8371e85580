import type { Inventory, Machine } from '../inventory/types.ts';
import { machinesOf } from '../inventory/types.ts';

/** What the commands of a plan are written with. */
export interface Surroundings {
  readonly inventory: Inventory;
  /** Path of its file. */
  readonly file: string;
  /** Path of the talosconfig; undefined: the one that talosctl chooses. */
  readonly talosconfig?: string;
}

/** Words of a call of this program. */
export function ours(name: string, ...args: readonly string[]): string[] {
  return ['vip-elector', 'talos', name, ...args];
}

/** The same with the talosconfig that talosctl is to take. */
export function oursLive(
  { talosconfig }: Surroundings,
  name: string,
  ...args: readonly string[]
): string[] {
  return ours(name, ...args, ...(talosconfig === undefined ? [] : ['--talosconfig', talosconfig]));
}

/**
 * Words of a call of talosctl for some nodes, through the first of them: never through the VIP, which
 * may not be there yet.
 */
export function talosctl(
  { talosconfig }: Pick<Surroundings, 'talosconfig'>,
  nodes: readonly Machine[],
  ...args: readonly string[]
): string[] {
  const addresses = nodes.map(({ address }) => address);
  const config = talosconfig === undefined ? [] : ['--talosconfig', talosconfig];
  const to = ['--endpoints', addresses[0] ?? '', '--nodes', addresses.join(',')];
  return ['talosctl', ...config, ...to, ...args];
}

/** The control planes, the first of which is there: the inventory sees to it. */
export function controlPlanes(inventory: Inventory): readonly [Machine, ...Machine[]] {
  const [first, ...others] = machinesOf(inventory, 'controlplane');
  if (first === undefined) throw new RangeError('an inventory without a control plane');
  return [first, ...others];
}
