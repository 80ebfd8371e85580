import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../../clock.ts';
import { replaceFile } from '../../talos/integrate/secret-file.ts';
import { nodeConfig } from '../../talos/talosctl/node.ts';
import type { Io } from '../options.ts';
import type { LiveArguments } from './live-options.ts';
import { liveOf, liveOptions } from './live-options.ts';
import { inventoryPositional } from './plan-output.ts';

interface Arguments extends Omit<LiveArguments, 'json'> {
  readonly out: string;
}

/** `vip-elector talos fetch FILE --out DIR`: what the machines have, for their owner alone. */
export function fetchCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'fetch <file>',
    describe: 'fetch the configuration of every machine, 0600; what was there is kept',
    builder: (yargs) =>
      yargs.positional('file', inventoryPositional).options({
        talosconfig: liveOptions.talosconfig,
        out: {
          type: 'string',
          requiresArg: true,
          nargs: 1,
          demandOption: true,
          describe: 'directory for NAME.yaml',
        },
      }),
    handler: async (argv) => {
      const { inventory, talosctl, signal } = await liveOf(argv, io);
      const texts = await Promise.all(
        inventory.machines.map(({ address }) => nodeConfig(talosctl, address, signal)),
      );
      mkdirSync(argv.out, { recursive: true, mode: 0o700 });
      for (const [at, { name }] of inventory.machines.entries()) {
        const path = join(argv.out, `${name}.yaml`);
        const kept = replaceFile(path, texts[at] ?? '', systemClock.wallMs());
        io.stdout(`${path}: written${kept === undefined ? '' : `; before: ${kept}`}\n`);
      }
    },
  };
}
