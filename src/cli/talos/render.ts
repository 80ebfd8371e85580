import { basename } from 'node:path';
import type { CommandModule } from 'yargs';
import { refused } from '../../config/parsed.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { MachineConfig } from '../../talos/document/machine-config.ts';
import { readText } from '../../talos/inventory/load.ts';
import type { Patch } from '../../talos/inventory/types.ts';
import { chooseDialect, issuerWarnings } from '../../talos/render/dialect.ts';
import type { DnsOptions } from '../../talos/render/dns.ts';
import { externalDns, recordsOf, route53, zoneLines } from '../../talos/render/dns.ts';
import type { RenderedFile } from '../../talos/render/patches.ts';
import { renderPatches, renderWarnings } from '../../talos/render/patches.ts';
import {
  mergeTalconfig,
  talhelperFragment,
  versionOfTalconfig,
} from '../../talos/render/talhelper.ts';
import type { TalosVersion } from '../../talos/version.ts';
import { parseTalosVersion } from '../../talos/version.ts';
import type { Io } from '../options.ts';
import type { EndpointArguments } from './endpoint-options.ts';
import { clusterFrom, endpointOptions } from './endpoint-options.ts';
import { writeNew } from './new-directory.ts';

const FORMS = ['patches', 'talhelper', 'terraform', 'zone', 'external-dns'] as const;
type Form = (typeof FORMS)[number];

interface RenderArguments extends EndpointArguments {
  file: string;
  as: Form;
  out: string | undefined;
  'talos-version': string | undefined;
  for: string[];
  into: string | undefined;
  patch: string[];
  'zone-id': string;
  ttl: string;
}

const text = { type: 'string', requiresArg: true, nargs: 1 } as const;
const renderOptions = {
  as: { choices: FORMS, default: FORMS[0], describe: 'what is written' },
  out: { ...text, describe: 'new or empty directory for it: all files or none' },
  'talos-version': { ...text, describe: 'version that reads it (default: the inventory says)' },
  for: {
    ...text,
    array: true,
    default: [] as string[],
    describe: 'machine configuration that gets the patches: its form decides; repeatable',
  },
  patch: {
    ...text,
    alias: 'p',
    array: true,
    default: [] as string[],
    describe: 'patch of your own, inline or @FILE, applied after all others; repeatable',
  },
  into: { ...text, describe: 'talconfig.yaml to merge into, for --as talhelper' },
  'zone-id': { ...text, default: 'var.zone_id', describe: 'zone, for --as terraform' },
  ttl: { ...text, default: '300', describe: 'seconds that a record may be kept' },
} as const;

/** `vip-elector talos render FILE`: what follows from an inventory, one directory or one text. */
export function renderCommand(io: Io): CommandModule<object, RenderArguments> {
  return {
    command: 'render <file>',
    describe: 'write the patches that give each machine of an inventory VIP, endpoint and SANs',
    builder: (yargs) =>
      yargs
        .positional('file', { type: 'string', demandOption: true, describe: 'inventory' })
        .options({ ...renderOptions, ...endpointOptions }),
    handler: async (argv) => {
      if (argv.into !== undefined && argv.as !== 'talhelper') {
        throw new OperatorError('--into: is for --as talhelper only', ExitCode.usage);
      }
      const files = await filesOf(argv, io);
      if (argv.out !== undefined) await writeNew(argv.out, files);
      else if (argv.as !== 'patches') io.stdout(files.map(({ text }) => text).join(''));
      else io.stdout(files.map(({ name, text }) => `# ${name}\n${text}`).join('---\n'));
    },
  };
}

async function filesOf(argv: RenderArguments, io: Io): Promise<readonly RenderedFile[]> {
  const warn = (warning: string): void => io.stderr(`vip-elector: warning: ${warning}\n`);
  const { inventory, endpoint } = await clusterFrom(argv.file, argv, io);
  if (argv.as === 'terraform' || argv.as === 'zone' || argv.as === 'external-dns') {
    const options: DnsOptions = { ttl: argv.ttl, zoneId: argv['zone-id'] };
    const [name, write] = DNS_FILES[argv.as];
    return [{ name, text: write(recordsOf(inventory), options) }];
  }
  const talconfig = argv.into === undefined ? undefined : await readText(argv.into);
  const version =
    versionFrom(argv['talos-version']) ??
    (talconfig === undefined ? undefined : versionOfTalconfig(talconfig)) ??
    inventory.talosVersion;
  const configs = await Promise.all(
    argv.for.map(async (file) => MachineConfig.parse(await readText(file), file)),
  );
  const source = { inventory, endpoint, dialect: chooseDialect(configs, version) };
  const files =
    argv.as === 'patches'
      ? await renderPatches(source, argv.patch.map(patchOf))
      : [
          argv.into === undefined || talconfig === undefined
            ? { name: 'talconfig-vip.yaml', text: talhelperFragment(source) }
            : { name: basename(argv.into), text: mergeTalconfig(talconfig, argv.into, source) },
        ];
  for (const warning of renderWarnings(source)) warn(warning);
  for (const warning of issuerWarnings(configs, endpoint.url)) warn(warning);
  return files;
}

const DNS_FILES = {
  terraform: ['dns.tf', route53],
  zone: ['dns.zone', zoneLines],
  'external-dns': ['dns.yaml', externalDns],
} as const;

function patchOf(given: string): Patch {
  return given.startsWith('@') ? { file: given.slice(1) } : { text: given };
}

function versionFrom(flag: string | undefined): TalosVersion | undefined {
  if (flag === undefined) return undefined;
  const outcome = parseTalosVersion(flag);
  if (!refused(outcome)) return outcome.value;
  const { problem, remedy } = outcome;
  throw new OperatorError(`--talos-version = "${flag}": ${problem}; ${remedy}`, ExitCode.usage);
}
