import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Profile } from '../config/types.ts';
import { OperatorError } from '../errors.ts';
import type { Command } from './host.ts';
import { ordersFile } from './orders.ts';

/** What the daemon on a lab's host is told. */
export interface DaemonContext {
  readonly node: string;
  readonly vips: readonly string[];
  /** The etcd members' URLs, the host's own first. */
  readonly endpoints: readonly string[];
  readonly runtimeDir: string;
  readonly profile: Profile;
  /** Load the saboteur first. */
  readonly saboteur?: boolean;
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
export function daemonCommand(context: DaemonContext): Command {
  const { node, vips, endpoints, runtimeDir, profile, saboteur = false, args } = context;
  const main = mainFile();
  if (!existsSync(main)) throw new OperatorError(`${main} is missing: run \`npm run build\``);
  const identity = ['--node', node, '--vip', vips.join(','), '--link', 'end0'];
  const timing = ['--profile', profile];
  const place = ['--etcd', endpoints.join(','), '--runtime-dir', runtimeDir, '--listen', LISTEN];
  const state = ['--state-dir', `${runtimeDir}-state`];
  const first = saboteur ? ['--import', saboteurUrl(main, runtimeDir)] : [];
  const run = [
    main,
    'run',
    ...identity,
    ...place,
    ...state,
    ...timing,
    '--log-format',
    'json',
    ...args,
  ];
  return [process.execPath, ...first, ...run];
}

/** The built one, as plain Node loads it; told where its orders come from. */
function saboteurUrl(main: string, runtimeDir: string): string {
  const url = new URL('lab/saboteur.js', pathToFileURL(main));
  url.searchParams.set('orders', ordersFile(runtimeDir));
  return url.href;
}
