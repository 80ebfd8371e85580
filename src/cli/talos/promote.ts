import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../../clock.ts';
import { promote } from '../../talos/promote.ts';
import type { Io } from '../options.ts';

interface Arguments {
  readonly directory: string;
  readonly as: string;
}

/** `vip-elector talos promote NEW --as CURRENT`: nothing is deleted. */
export function promoteCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'promote <directory>',
    describe: 'put a directory of configurations in the place of another, which is kept',
    builder: (yargs) =>
      yargs
        .positional('directory', {
          type: 'string',
          demandOption: true,
          describe: 'the new directory',
        })
        .option('as', {
          type: 'string',
          requiresArg: true,
          nargs: 1,
          demandOption: true,
          describe: 'directory whose place it takes',
        }),
    handler: ({ directory, as }) => {
      const { current, kept } = promote(directory, as, systemClock.wallMs());
      io.stdout(`${directory} is ${current} now\n`);
      if (kept !== undefined) io.stdout(`what was there is kept as ${kept}\n`);
      io.stdout(`export TALOSCONFIG=${join(current, 'talosconfig')} where it names the old one\n`);
    },
  };
}
