import { ExitCode, OperatorError } from '../../errors.ts';
import type { MachineConfig } from '../document/machine-config.ts';
import { NOTHING } from '../validate/known.ts';
import { fileFindings } from '../validate/validate.ts';

/** A configuration that was written anew, and the proof that its secrets are those that were there. */
export interface Rewritten {
  readonly config: MachineConfig;
  /** What was done, a line each, for people. */
  readonly notes: readonly string[];
  readonly secretsSha256: string;
}

/**
 * Refuses a result in which something fails that did not fail before.
 * @throws OperatorError with the first of them
 */
export function refuseWorse(before: MachineConfig, after: MachineConfig): void {
  const old = new Set(fails(before));
  const fresh = fails(after).find((message) => !old.has(message));
  if (fresh === undefined) return;
  throw new OperatorError(`${after.name}: it would be invalid: ${fresh}`, ExitCode.usage);
}

function fails(config: MachineConfig): string[] {
  const found = fileFindings(config, NOTHING);
  return found.flatMap(({ level, message }) => (level === 'fail' ? [message] : []));
}
