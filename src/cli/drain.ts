import type { CommandModule } from 'yargs';
import type { DrainReport } from '../vip/drain.ts';
import { tellDaemon } from './control-client.ts';
import { localOptions, runtimeDirOf } from './local-options.ts';
import type { Io } from './options.ts';

/** `vip-elector drain`: this node keeps out, over restarts, until `undrain`. */
export function drainCommand(io: Io): CommandModule {
  return {
    command: 'drain',
    describe: 'hand over what this node holds, and keep it out until undrain',
    builder: (yargs) =>
      yargs
        .options(localOptions)
        .option('force', { type: 'boolean', describe: 'even where nobody healthy could take it' }),
    handler: async (argv) => {
      const wants = argv['force'] === true ? { force: 'true' } : {};
      const report = await tellDaemon(await runtimeDirOf(argv, io), 'drain', wants);
      const { node, released } = report as DrainReport;
      const gave = released.length === 0 ? 'it held nothing' : `it gave up ${released.join(', ')}`;
      io.stdout(`${node} is drained: ${gave}, and keeps out until vip-elector undrain\n`);
    },
  };
}

/** `vip-elector undrain`: this node stands for election again. */
export function undrainCommand(io: Io): CommandModule {
  return {
    command: 'undrain',
    describe: 'let this node stand for election again',
    builder: (yargs) => yargs.options(localOptions),
    handler: async (argv) => {
      const report = await tellDaemon(await runtimeDirOf(argv, io), 'undrain');
      io.stdout(`${(report as DrainReport).node} stands for election again\n`);
    },
  };
}
