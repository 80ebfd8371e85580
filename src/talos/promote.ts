import { readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, ExitCode, OperatorError } from '../errors.ts';
import { closeToOthers, stampOf } from './backup.ts';

export interface Promotion {
  /** Where the directory is now. */
  readonly current: string;
  /** Where what was there is kept; undefined: nothing was there. */
  readonly kept: string | undefined;
}

/**
 * Puts a directory in the place of another, which is kept as `<current>-old-<timestamp>`. Each is one
 * rename: at every moment both are whole, and where the second fails the first is undone.
 * @throws OperatorError
 */
export function promote(next: string, current: string, wallMs: number): Promotion {
  const before = directoryAt(current);
  if (!directoryAt(next)) {
    throw new OperatorError(`${next} is no directory; name the new one`, ExitCode.usage);
  }
  if (!hasFiles(next)) {
    throw new OperatorError(`${next} has no file in it; name the new one`, ExitCode.usage);
  }
  closeToOthers(next);
  const old = `${current}-old-${stampOf(wallMs)}`;
  if (before) move(current, old);
  try {
    move(next, current);
  } catch (error) {
    if (before) move(old, current);
    throw error;
  }
  return { current, kept: before ? old : undefined };
}

function directoryAt(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined && !found.isDirectory()) {
    throw new OperatorError(`${path} is no directory; name directories`, ExitCode.usage);
  }
  return found !== undefined;
}

function hasFiles(directory: string): boolean {
  return readdirSync(directory, { withFileTypes: true }).some((entry) =>
    entry.isDirectory() ? hasFiles(join(directory, entry.name)) : entry.isFile(),
  );
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    const remedy = 'both must be on one file system, and neither inside the other';
    throw new OperatorError(`cannot rename ${from} to ${to}: ${describe(error)}; ${remedy}`);
  }
}
