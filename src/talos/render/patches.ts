import { readText } from '../inventory/load.ts';
import type { Machine, Patch } from '../inventory/types.ts';
import { machinesOf } from '../inventory/types.ts';
import type { PatchSource } from './vip-patch.ts';
import { vipPatch } from './vip-patch.ts';

/** A file that follows from the inventory. */
export interface RenderedFile {
  readonly name: string;
  readonly text: string;
}

/**
 * The patches of every machine, in the order in which they are to be applied: that of the VIP, then
 * the operator's for all, for the role, for the machine, and last those of the command line.
 * @throws OperatorError
 */
export async function renderPatches(
  source: PatchSource,
  last: readonly Patch[] = [],
): Promise<readonly RenderedFile[]> {
  const { patches, machines } = source.inventory;
  const files: RenderedFile[] = [];
  for (const machine of machines) {
    const own = [...patches.all, ...patches[machine.role], ...machine.patches, ...last];
    const [vip = '', ...names] = patchNames(machine, own.length);
    files.push({ name: vip, text: vipPatch(machine, source) });
    for (const [index, patch] of own.entries()) {
      const text = 'file' in patch ? await readText(patch.file) : patch.text;
      files.push({ name: names[index] ?? '', text: ended(text) });
    }
  }
  return files;
}

/** Names of a machine's patches in the order of their application: the VIP's, then its own. */
export function patchNames({ name }: Pick<Machine, 'name'>, own: number): readonly string[] {
  const numbers = Array.from({ length: own }, (_, at) => String(at + 1).padStart(2, '0'));
  return [`${name}-00-vip.yaml`, ...numbers.map((number) => `${name}-${number}-own.yaml`)];
}

/** What the operator should know of the cluster that comes of it. */
export function renderWarnings({ inventory, endpoint }: PatchSource): readonly string[] {
  const planes = machinesOf(inventory, 'controlplane').length;
  const warnings = [...endpoint.warnings];
  if (planes % 2 === 0) {
    const lost = 'etcd survives no more failures than with one less; use an odd number';
    warnings.push(`${planes} control planes: ${lost}`);
  }
  if (inventory.vips.length > 0 && planes === 1) {
    warnings.push('one control plane: the VIP has nowhere to move');
  }
  if (inventory.vips.some((vip) => vip.includes(':'))) {
    const until = 'neighbours keep the old MAC address until they probe it';
    warnings.push(`Talos announces no IPv6 VIP (no unsolicited NA): after a move ${until}`);
  }
  return warnings;
}

function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
