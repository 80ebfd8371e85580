import { ExitCode, OperatorError } from '../../errors.ts';
import type { MachineConfig, Role } from '../document/machine-config.ts';
import { secretDigests, secretsHash } from '../document/secrets.ts';
import { vipEntriesOf } from '../document/vip-entries.ts';
import type { MergeOptions, Patch } from '../merge/patch.ts';
import { applyPatches } from '../merge/patch.ts';

/** What is merged into which configuration, in this order. */
export interface Layers {
  /** For control planes only. */
  readonly vip: readonly Patch[];
  /** For this node only. */
  readonly node: readonly Patch[];
  /** The user's own, for all, last. */
  readonly own: readonly Patch[];
}

/** A merged configuration and the proof that its secrets are those of the generated one. */
export interface Integrated {
  readonly config: MachineConfig;
  readonly role: Role;
  /** SHA-256 over the secrets of the generated file and their places: the same before and after. */
  readonly secretsSha256: string;
}

/**
 * Merges the layers into a generated configuration.
 * @throws OperatorError when a worker would get a VIP, a control plane none although it should, or a
 *   secret would be changed, moved or lost
 */
export function integrate(base: MachineConfig, layers: Layers, options: MergeOptions): Integrated {
  const { role } = base;
  if (role === undefined) {
    throw new OperatorError(
      `${base.name}: machine.type is missing; it must be controlplane, init or worker`,
      ExitCode.usage,
    );
  }
  const vip = role === 'controlplane' ? layers.vip : [];
  const config = applyPatches(base, [...vip, ...layers.node, ...layers.own], options);
  if (config.role !== role) {
    throw new OperatorError(
      `${base.name}: a patch makes a ${role} a ${config.role}; give it the other file`,
      ExitCode.usage,
    );
  }
  const vips = vipsOf(config);
  if (role === 'worker' && vips.length > 0) {
    throw new OperatorError(
      `${base.name}: virtual (shared) IP is not allowed on non-controlplane nodes: ` +
        `${vips.join(', ')}; take it out of the patches for workers`,
      ExitCode.usage,
    );
  }
  if (vip.length > 0 && vips.length === 0) {
    throw new OperatorError(
      `${base.name}: the VIP patch sets no virtual IP; give a vip below ` +
        'machine.network.interfaces, or a Layer2VIPConfig',
      ExitCode.usage,
    );
  }
  return { config, role, secretsSha256: provenHash(base, config) };
}

/** Every virtual IP that a configuration asks for, in either form, those of VLANs too. */
export function vipsOf(config: MachineConfig): string[] {
  return vipEntriesOf(config).map(({ ip }) => ip);
}

/** Secrets that a patch adds are its own affair; those that were there must be there, the same. */
function provenHash(base: MachineConfig, config: MachineConfig): string {
  const before = secretDigests(base);
  const after = new Map(secretDigests(config).map(({ path, sha256 }) => [path, sha256]));
  const changed = before.filter(({ path, sha256 }) => after.get(path) !== sha256);
  if (changed.length > 0) {
    const paths = changed.map(({ path }) => path).join(', ');
    throw new OperatorError(
      `${base.name}: the patches would change secrets of the cluster: ${paths}; nothing was written`,
    );
  }
  return secretsHash(before);
}
