import type { Options } from 'yargs';
import type { Field } from '../config/field.ts';
import { CONFIG_FIELD, envName, FIELDS, KUBE_VIP_FIELD } from '../config/fields.ts';
import { GROUP_FIELDS } from '../config/group-fields.ts';
import type { Flags } from '../config/given.ts';
import type { Loaded } from '../config/load.ts';

/** Where a command writes, and what it reads from its surroundings. */
export interface Io {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Streams and environment of this process. */
export const processIo: Io = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  env: process.env,
};

const ALL = [CONFIG_FIELD, ...GROUP_FIELDS, ...FIELDS, KUBE_VIP_FIELD];

/**
 * The options of every command that reads the configuration. Defaults are no defaults of yargs: a
 * flag that was not given must not hide the environment and the file.
 */
export const configOptions: Readonly<Record<string, Options>> = options(ALL);

/** Those that `status` and other readers of etcd need. */
export const etcdOptions: Readonly<Record<string, Options>> = options(
  ALL.filter(
    ({ path, flag }) => path.startsWith('etcd.') || flag === 'config' || flag === 'prefix',
  ),
);

function options(fields: readonly Field[]): Record<string, Options> {
  return Object.fromEntries(fields.map((field) => [field.flag, optionOf(field)]));
}

function optionOf({ flag, takes, fallback, describe }: Field): Options {
  const ending = fallback === undefined || fallback === false ? '' : ` (default: ${fallback})`;
  const shared: Options = { describe: `${describe}${ending} [${envName(flag)}]` };
  if (takes === 'switch') return { ...shared, type: 'boolean' };
  return { ...shared, type: 'string', requiresArg: true, nargs: 1 };
}

/** What of a configuration a command cannot do without. */
export interface RequiredParts {
  readonly groupsRequired?: boolean;
  readonly etcdRequired?: boolean;
}

/**
 * Loads the configuration from the flags of a command, and says its warnings on standard error.
 * @param argv what yargs made of the command line
 * @throws ConfigError
 */
export async function loadFrom(
  argv: Flags,
  io: Io,
  { groupsRequired = true, etcdRequired = true }: RequiredParts = {},
): Promise<Loaded> {
  const { loadConfig } = await import('../config/load.ts');
  const loaded = loadConfig({ flags: argv, env: io.env, groupsRequired, etcdRequired });
  for (const warning of loaded.warnings) io.stderr(`vip-elector: warning: ${warning}\n`);
  return loaded;
}
