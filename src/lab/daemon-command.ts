import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { OperatorError } from '../errors.ts';
import type { Command } from './host.ts';

/** What the daemon on a lab's host is told. */
export interface DaemonContext {
  readonly node: string;
  readonly vips: readonly string[];
  /** The etcd members' URLs, the host's own first. */
  readonly endpoints: readonly string[];
  readonly runtimeDir: string;
  /** Further arguments, of `LabHost.startDaemon`. */
  readonly args: readonly string[];
}

/** In its own namespace the port is free; `/status` helps when a run went wrong. */
const LISTEN = '127.0.0.1:2112';

/** Built: beside us. From source (tests): in `dist`, which must have been built. */
function mainFile(): string {
  const path = import.meta.url.endsWith('.ts') ? '../../dist/main.js' : '../main.js';
  return fileURLToPath(new URL(path, import.meta.url));
}

/**
 * The command that runs this very build's daemon on a host.
 * @throws OperatorError when it has not been built
 */
export function daemonCommand({ node, vips, endpoints, runtimeDir, args }: DaemonContext): Command {
  const main = mainFile();
  if (!existsSync(main)) throw new OperatorError(`${main} is missing: run \`npm run build\``);
  const identity = ['--node', node, '--vip', vips.join(','), '--link', 'end0'];
  const place = ['--etcd', endpoints.join(','), '--runtime-dir', runtimeDir, '--listen', LISTEN];
  return [process.execPath, main, 'run', ...identity, ...place, '--log-format', 'json', ...args];
}
