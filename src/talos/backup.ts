import { createHash } from 'node:crypto';
import { chmodSync, cpSync, lstatSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, OperatorError } from '../errors.ts';

/** A copy, and the proof that it is one. */
export interface Backup {
  readonly path: string;
  readonly copy: string;
  /** SHA-256 over names and contents, the same for both. */
  readonly sha256: string;
}

/** `2026-11-30T06-41-13-123Z`: sorts by time, and no file system minds it. */
export function stampOf(wallMs: number): string {
  return new Date(wallMs).toISOString().replaceAll(/[:.]/g, '-');
}

/**
 * Copies a file or a directory beside itself as `<path>.bak-<timestamp>`, for its owner alone, and
 * compares copy and original. An earlier copy is never overwritten.
 * @throws OperatorError; what was copied by then is removed
 */
export function backUp(path: string, wallMs: number): Backup {
  const copy = `${path}.bak-${stampOf(wallMs)}`;
  let begun = false;
  try {
    const before = treeHash(path);
    if (lstatSync(copy, { throwIfNoEntry: false }) !== undefined) {
      throw new Error(`${copy} is there already`);
    }
    begun = true;
    cpSync(path, copy, { recursive: true, force: false, errorOnExist: true, dereference: true });
    closeToOthers(copy);
    if (treeHash(copy) !== before) throw new Error('the copy is not what the original is');
    return { path, copy, sha256: before };
  } catch (error) {
    if (begun) rmSync(copy, { recursive: true, force: true });
    throw new OperatorError(`cannot copy ${path}: ${describe(error)}`, undefined, { cause: error });
  }
}

/** Secrets of a cluster are for nobody else to read. */
export function closeToOthers(path: string): void {
  const isDirectory = statSync(path).isDirectory();
  chmodSync(path, isDirectory ? 0o700 : 0o600);
  if (isDirectory) for (const name of readdirSync(path)) closeToOthers(join(path, name));
}

function treeHash(path: string): string {
  const hash = createHash('sha256');
  if (!statSync(path).isDirectory()) return hash.update(readFileSync(path)).digest('hex');
  for (const name of readdirSync(path).toSorted()) {
    hash.update(`${name}\0${treeHash(join(path, name))}\n`);
  }
  return hash.digest('hex');
}
