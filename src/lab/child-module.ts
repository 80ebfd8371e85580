import { fileURLToPath } from 'node:url';

/**
 * Path of a module of this folder to run in another process: TypeScript when we run from source
 * (tests), JavaScript when built.
 */
export function modulePath(name: string): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./${name}.${extension}`, import.meta.url));
}
