import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, OperatorError } from '../errors.ts';

/** The server's module. Its own `replace` lines forbid `go install`, so a module of ours requires it. */
const MODULE = 'go.etcd.io/etcd/server/v3';
/** A build from nothing, downloads included, takes some minutes on two cores. */
const TIMEOUT_MS = 30 * 60_000;
/** Git-ignored, at the root of the clone. */
const CACHE = fileURLToPath(new URL('../../.cache/etcd', import.meta.url));

/** True where Go is installed. */
export async function hasGo(): Promise<boolean> {
  return promisify(execFile)('go', ['version']).then(
    () => true,
    () => false,
  );
}

/**
 * The newest server of a release line such as `3.5`, built once and kept in `.cache`.
 * @returns the path of its program
 * @throws OperatorError when it cannot be built
 */
export async function buildEtcd(line: string, onProgress: (text: string) => void): Promise<string> {
  const directory = join(CACHE, line);
  const program = join(directory, 'etcd');
  if (existsSync(program)) return program;
  onProgress(`building etcd ${line} from ${MODULE} in ${directory}; this takes some minutes`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'go.mod'), 'module vip-elector.test/etcd\n');
  await go(directory, 'get', `${MODULE}@v${line}`);
  await go(directory, 'build', '-o', 'etcd.new', MODULE);
  // Whole or not at all: an interrupted build must not be found the next time.
  await rename(join(directory, 'etcd.new'), program);
  return program;
}

async function go(cwd: string, ...args: readonly string[]): Promise<void> {
  const env = { ...process.env, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' };
  await promisify(execFile)('go', args, { cwd, env, timeout: TIMEOUT_MS }).catch(
    (error: unknown) => {
      throw new OperatorError(`go ${args.join(' ')} failed: ${describe(error)}`);
    },
  );
}
