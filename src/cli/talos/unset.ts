import type { CommandModule } from 'yargs';
import { unset } from '../../talos/integrate/unset.ts';
import { parseVipAddress } from '../../talos/inventory/schema.ts';
import { readFlag } from '../flag.ts';
import type { Io } from '../options.ts';
import { outputOptions, rewriteFiles } from './outputs.ts';
import { parseEndpointUrl } from './endpoint-flag.ts';

interface Arguments {
  files: string[];
  vip: string[];
  endpoint: string | undefined;
  out: string;
  diff: boolean;
}

const text = { type: 'string', requiresArg: true, nargs: 1 } as const;

/** `vip-elector talos unset`: configurations without the VIP. */
export function unsetCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'unset <files..>',
    describe: 'take the VIP out of configurations again, with its alias and names',
    builder: (yargs) =>
      yargs.positional('files', { type: 'string', array: true, demandOption: true }).options({
        vip: { ...text, array: true, default: [], describe: 'which; repeatable (default: all)' },
        endpoint: { ...text, describe: 'new endpoint, where it is the VIP: https://…:6443' },
        ...outputOptions,
      }),
    handler: (argv) => {
      const vips = argv.vip.map((one) => readFlag('--vip', one, parseVipAddress));
      const wish = {
        ...(vips.length > 0 && { vips }),
        ...(argv.endpoint !== undefined && {
          endpoint: readFlag('--endpoint', argv.endpoint, parseEndpointUrl),
        }),
      };
      rewriteFiles(argv, io, (config) => unset(config, wish));
    },
  };
}
