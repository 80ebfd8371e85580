import type { CommandModule } from 'yargs';
import type { Io } from '../options.ts';
import type { EndpointArguments } from './endpoint-options.ts';
import { clusterFrom, endpointOptions } from './endpoint-options.ts';

interface Arguments extends EndpointArguments {
  file: string;
}

/** `vip-elector talos endpoint FILE`: what clients connect to, as JSON. */
export function endpointCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'endpoint <file>',
    describe: 'show the endpoint that the mode gives, the names of the certificate, as JSON',
    builder: (yargs) =>
      yargs
        .positional('file', { type: 'string', demandOption: true, describe: 'inventory' })
        .options(endpointOptions),
    handler: async (argv) => {
      const { inventory, endpoint } = await clusterFrom(argv.file, argv, io);
      const { warnings, ...found } = endpoint;
      for (const warning of warnings) io.stderr(`vip-elector: warning: ${warning}\n`);
      const { vips, vipLink } = inventory;
      const view = { mode: inventory.endpoint.mode, ...found, vips, vipLink };
      io.stdout(`${JSON.stringify(view, null, 2)}\n`);
    },
  };
}
