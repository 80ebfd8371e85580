import { createHash } from 'node:crypto';
import { ExitCode, OperatorError } from '../../errors.ts';
import { MachineConfig } from '../document/machine-config.ts';
import { vipsOf } from '../integrate/integrated.ts';
import { readText } from '../integrate/secret-file.ts';
import type { Machine } from '../inventory/types.ts';
import type { Target } from './apply.ts';

/**
 * Reads the file of a machine, and sees that it is one for it.
 * @param vips of the inventory: control planes have them, workers never
 * @throws OperatorError before anything has been changed anywhere
 */
export function targetOf(machine: Machine, path: string, vips: readonly string[]): Target {
  const text = readText(path);
  const config = MachineConfig.parse(text, path);
  const refuse = (said: string): never => {
    throw new OperatorError(`${path}: ${said}; nothing was done`, ExitCode.usage);
  };
  if (config.role !== machine.role) {
    refuse(
      `is for a ${config.role ?? 'machine without type'}, and ${machine.name} is a ${machine.role}`,
    );
  }
  const has = vipsOf(config);
  if (machine.role === 'worker' && has.length > 0) {
    refuse(`gives a worker the VIP ${has.join(', ')}; take it out`);
  }
  const missing = vips.filter((vip) => !has.includes(vip));
  if (machine.role === 'controlplane' && missing.length > 0) {
    refuse(`has no VIP ${missing.join(', ')}; render and integrate the inventory`);
  }
  return { machine, path, text, sha256: createHash('sha256').update(text).digest('hex') };
}
