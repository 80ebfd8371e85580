import { mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, ExitCode, OperatorError } from '../../errors.ts';
import type { RenderedFile } from '../../talos/render/patches.ts';

/**
 * Writes all files or none: into a directory beside, which then takes the place. Patches may hold
 * secrets of the operator's: for nobody else to read. Nothing is overwritten.
 * @throws OperatorError
 */
export async function writeNew(directory: string, files: readonly RenderedFile[]): Promise<void> {
  const target = resolve(directory);
  const field = `--out = ${JSON.stringify(directory)}`;
  if ((await entriesOf(target, field)) > 0) {
    const remedy = 'name a new or empty directory';
    throw new OperatorError(`${field}: is not empty; ${remedy}`, ExitCode.usage);
  }
  let beside: string | undefined;
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    beside = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
    for (const { name, text } of files) await writeSynced(join(beside, name), text);
    // Takes the place of an empty directory only: the kernel refuses another.
    await rename(beside, target);
  } catch (error) {
    if (beside !== undefined) await rm(beside, { recursive: true, force: true });
    throw new OperatorError(`${field}: cannot be written: ${describe(error)}`);
  }
}

async function entriesOf(path: string, field: string): Promise<number> {
  try {
    return (await readdir(path)).length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw new OperatorError(`${field}: is no directory: ${describe(error)}`, ExitCode.usage);
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
