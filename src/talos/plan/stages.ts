import { stringify } from 'yaml';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Machine } from '../inventory/types.ts';
import { machinesOf } from '../inventory/types.ts';
import type { RenderedFile } from '../render/patches.ts';
import { vipPatch } from '../render/vip-patch.ts';
import type { Dialect } from '../version.ts';
import { dialectOfVersion } from '../version.ts';
import type { Side } from './sides.ts';

/** From where to where. */
export interface Move {
  readonly from: Side;
  readonly to: Side;
}

/**
 * What is applied one after the other: `names`, VIP and names of both sides while the endpoint stays;
 * `endpoint`, the new endpoint; `removal`, what of the old side is left.
 */
export type Stage = 'names' | 'endpoint' | 'removal';
const NUMBERS: Readonly<Record<Stage, number>> = { names: 1, endpoint: 2, removal: 3 };

export function stageFile(stage: Stage, { name }: Pick<Machine, 'name'>): string {
  return `${NUMBERS[stage]}-${stage}-${name}.yaml`;
}

/** The dialect that the patches are written in. @throws OperatorError where nobody says the version */
export function dialectOfMove({ to }: Move): Dialect {
  const { talosVersion } = to.inventory;
  if (talosVersion !== undefined) return dialectOfVersion(talosVersion);
  const remedy = 'write talosVersion in the inventory: the patches depend on it';
  throw new OperatorError(`the version of Talos is not known; ${remedy}`, ExitCode.usage);
}

/** The VIPs that the new side no longer has. */
export function droppedVips({ from, to }: Move): readonly string[] {
  return from.inventory.vips.filter((vip) => !to.inventory.vips.includes(vip));
}

/** Whether the endpoint's URL changes. */
export function changesEndpoint({ from, to }: Move): boolean {
  return from.endpoint.url !== to.endpoint.url;
}

/**
 * Whether the old VIP ends where the new one begins: an interface of the legacy form has one VIP, so a
 * patch with the new one takes the old one away.
 */
export function swapsVip(move: Move): boolean {
  return (
    dialectOfMove(move) === 'A' && droppedVips(move).length > 0 && move.to.inventory.vips.length > 0
  );
}

/** The patches of every stage, for `talosctl patch machineconfig`. @throws OperatorError */
export function stagePatches(move: Move): readonly RenderedFile[] {
  const { inventory } = move.to;
  const planes = machinesOf(inventory, 'controlplane');
  const dialect = dialectOfMove(move);
  const both = [...new Set([...move.to.endpoint.sans, ...move.from.endpoint.sans])];
  const swap = swapsVip(move);
  const names = planes.map((machine) => ({
    name: stageFile('names', machine),
    text: vipPatch(machine, {
      inventory: swap ? { ...inventory, vips: [] } : inventory,
      endpoint: { ...move.to.endpoint, url: move.from.endpoint.url, sans: both },
      dialect,
    }),
  }));
  // Talos adds to lists: names that are there already are not named again.
  const bare = { ...move.to.endpoint, sans: [] };
  const endpoint = inventory.machines.map((machine) => ({
    name: stageFile('endpoint', machine),
    text: vipPatch(machine, {
      inventory: swap ? inventory : { ...inventory, vips: [] },
      endpoint: bare,
      dialect,
    }),
  }));
  const removal = planes.flatMap((machine) => removalPatch(machine, move));
  return [...names, ...(changesEndpoint(move) || swap ? endpoint : []), ...removal];
}

/** In the legacy form a VIP cannot be taken out by a patch: `talos unset` edits the file itself. */
function removalPatch(machine: Machine, move: Move): RenderedFile[] {
  const dropped = droppedVips(move);
  if (dropped.length === 0 || dialectOfMove(move) === 'A') return [];
  const documents = dropped.map((name) =>
    stringify({ apiVersion: 'v1alpha1', kind: 'Layer2VIPConfig', name, $patch: 'delete' }),
  );
  return [{ name: stageFile('removal', machine), text: documents.join('---\n') }];
}
