import type { Options } from 'yargs';
import { configOptions, loadFrom, type Io } from './options.ts';

const NAMES = ['config', 'runtime-dir'] as const;

/** Options of the commands that talk to the daemon of this node alone. */
export const localOptions: Readonly<Record<string, Options>> = Object.fromEntries(
  NAMES.flatMap((name) => {
    const option = configOptions[name];
    return option === undefined ? [] : [[name, option]];
  }),
);

/** The runtime directory of the daemon on this node. @throws ConfigError */
export async function runtimeDirOf(
  argv: Readonly<Record<string, unknown>>,
  io: Io,
): Promise<string> {
  // Nothing else of the command line is configuration: `--group` names one of the daemon's.
  const flags = Object.fromEntries(
    NAMES.flatMap((name) => (argv[name] === undefined ? [] : [[name, argv[name]]])),
  );
  const { config } = await loadFrom(flags, io, { groupsRequired: false, etcdRequired: false });
  return config.runtimeDir;
}
