import type { CommandModule } from 'yargs';
import type { Parsed } from '../../config/parsed.ts';
import { refused } from '../../config/parsed.ts';
import { convert } from '../../talos/convert/convert.ts';
import type { Dialect } from '../../talos/version.ts';
import { dialectOfVersion, parseTalosVersion } from '../../talos/version.ts';
import { readFlag } from '../flag.ts';
import type { Io } from '../options.ts';
import { parseEndpointUrl } from './endpoint-flag.ts';
import { outputOptions, rewriteFiles } from './outputs.ts';

interface Arguments {
  files: string[];
  to: string;
  dhcp: boolean | undefined;
  endpoint: string | undefined;
  issuer: string | undefined;
  'talos-version': string | undefined;
  out: string;
  diff: boolean;
}

const text = { type: 'string', requiresArg: true, nargs: 1 } as const;

/** `vip-elector talos convert`: VIP and endpoint as another version of Talos writes them. */
export function convertCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'convert <files..>',
    describe: 'write VIP and endpoint as another version of Talos does',
    builder: (yargs) =>
      yargs.positional('files', { type: 'string', array: true, demandOption: true }).options({
        to: { ...text, demandOption: true, describe: 'A (to 1.11), B (1.12), C (1.14), or v1.14' },
        dhcp: { type: 'boolean', describe: 'links without an entry of their own do DHCP (to A)' },
        endpoint: { ...text, describe: 'new endpoint; the issuer of tokens stays (to C)' },
        issuer: { ...text, describe: 'new issuer of tokens; the old stays accepted (to C)' },
        'talos-version': { ...text, describe: 'what reads it; default: what the file installs' },
        ...outputOptions,
      }),
    handler: (argv) => {
      const { dhcp, endpoint, issuer } = argv;
      const version = argv['talos-version'];
      const wish = {
        to: readFlag('--to', argv.to, parseForm),
        ...(dhcp !== undefined && { dhcp }),
        ...(endpoint !== undefined && {
          endpoint: readFlag('--endpoint', endpoint, parseEndpointUrl),
        }),
        ...(issuer !== undefined && { issuer: readFlag('--issuer', issuer, parseEndpointUrl) }),
        ...(version !== undefined && {
          version: readFlag('--talos-version', version, parseTalosVersion),
        }),
      };
      rewriteFiles(argv, io, (config) => convert(config, wish));
    },
  };
}

function parseForm(given: string): Parsed<Dialect> {
  if (given === 'A' || given === 'B' || given === 'C') return { value: given };
  const version = parseTalosVersion(given);
  if (!refused(version)) return { value: dialectOfVersion(version.value) };
  return { problem: 'is no form', remedy: 'write A, B or C, or a version of Talos like v1.14' };
}
