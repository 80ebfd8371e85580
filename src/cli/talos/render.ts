import type { CommandModule } from 'yargs';
import { refused } from '../../config/parsed.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { resolveEndpoint } from '../../talos/endpoint/resolve.ts';
import { loadInventory } from '../../talos/inventory/load.ts';
import type { Inventory, Patch } from '../../talos/inventory/types.ts';
import { renderPatches, renderWarnings } from '../../talos/render/patches.ts';
import type { Dialect } from '../../talos/version.ts';
import { dialectOfVersion, parseTalosVersion } from '../../talos/version.ts';
import type { Io } from '../options.ts';
import { writeNew } from './new-directory.ts';

interface RenderArguments {
  file: string;
  out: string | undefined;
  'talos-version': string | undefined;
  patch: string[];
  lenient: boolean;
}

/** `vip-elector talos render FILE`: patches of every machine, one directory or one text. */
export function renderCommand(io: Io): CommandModule<object, RenderArguments> {
  return {
    command: 'render <file>',
    describe: 'write the patches that give each machine of an inventory VIP, endpoint and SANs',
    builder: (yargs) =>
      yargs
        .positional('file', { type: 'string', demandOption: true, describe: 'inventory' })
        .options({
          out: { type: 'string', requiresArg: true, describe: 'new or empty directory for them' },
          'talos-version': {
            type: 'string',
            requiresArg: true,
            describe: 'version that decides how it is written (default: the inventory says)',
          },
          patch: {
            alias: 'p',
            type: 'string',
            array: true,
            nargs: 1,
            default: [],
            describe: 'patch of your own, inline or @FILE, applied after all others; repeatable',
          },
          lenient: {
            type: 'boolean',
            default: false,
            describe: "take the first control plane's address where the mode lacks its own",
          },
        }),
    handler: async (argv) => {
      const inventory = await loadInventory(argv.file);
      const endpoint = resolveEndpoint(inventory, { lenient: argv.lenient });
      const dialect = dialectFor(inventory, argv['talos-version']);
      const source = { inventory, endpoint, dialect };
      const files = await renderPatches(source, argv.patch.map(patchOf));
      for (const warning of renderWarnings(source)) io.stderr(`vip-elector: warning: ${warning}\n`);
      if (argv.out === undefined) {
        io.stdout(files.map(({ name, text }) => `# ${name}\n${text}`).join('---\n'));
      } else {
        await writeNew(argv.out, files);
      }
    },
  };
}

function patchOf(given: string): Patch {
  return given.startsWith('@') ? { file: given.slice(1) } : { text: given };
}

function dialectFor({ talosVersion }: Inventory, flag: string | undefined): Dialect {
  if (flag === undefined) {
    if (talosVersion !== undefined) return dialectOfVersion(talosVersion);
    const remedy = 'write talosVersion in the inventory, or give --talos-version v1.12';
    throw new OperatorError(`the version of Talos is not known: ${remedy}`, ExitCode.usage);
  }
  const outcome = parseTalosVersion(flag);
  if (!refused(outcome)) return dialectOfVersion(outcome.value);
  const { problem, remedy } = outcome;
  throw new OperatorError(`--talos-version = "${flag}": ${problem}; ${remedy}`, ExitCode.usage);
}
