import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { RenderedFile } from '../../talos/render/patches.ts';

/** Patches may hold secrets of the operator's: for nobody else to read. Nothing is overwritten. */
export async function writeNew(directory: string, files: readonly RenderedFile[]): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0) {
    const remedy = 'name a new or empty directory';
    throw new OperatorError(`--out = "${directory}": is not empty; ${remedy}`, ExitCode.usage);
  }
  for (const { name, text } of files) {
    await writeFile(join(directory, name), text, { mode: 0o600, flag: 'wx' });
  }
}
