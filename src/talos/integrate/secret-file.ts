import { randomBytes } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  chmodSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { describe, ExitCode, OperatorError } from '../../errors.ts';

/** Read and written by its owner alone: it holds a cluster's secrets. */
const MODE = 0o600;

/**
 * Reads a file.
 * @throws OperatorError (exit 2) that names it
 */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new OperatorError(`cannot read ${path}: ${describe(error)}`, ExitCode.usage);
  }
}

/** The text of a file, or undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new OperatorError(`cannot read ${path}: ${describe(error)}`, ExitCode.usage);
  }
}

/**
 * Writes a file that anybody finds whole: beside its place, then renamed into it, mode 0600. What was
 * there is kept as `<path>.bak-<timestamp>`.
 * @param wallMs for the name of the copy, milliseconds since the epoch
 * @returns the path of the copy, or undefined
 */
export function replaceFile(path: string, text: string, wallMs: number): string | undefined {
  const next = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const backup = keep(path, wallMs);
    const fd = openSync(next, 'wx', MODE);
    try {
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(next, path);
    return backup;
  } catch (error) {
    rmSync(next, { force: true });
    throw new OperatorError(`cannot write ${path}: ${describe(error)}`);
  }
}

function keep(path: string, wallMs: number): string | undefined {
  if (readIfThere(path) === undefined) return undefined;
  const stamp = new Date(wallMs).toISOString().replaceAll(/[:.]/g, '-');
  const backup = `${path}.bak-${stamp}`;
  copyFileSync(path, backup, constants.COPYFILE_EXCL);
  chmodSync(backup, MODE);
  return backup;
}
