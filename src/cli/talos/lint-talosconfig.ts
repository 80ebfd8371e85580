import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { warn } from '../../check/finding.ts';
import { systemClock } from '../../clock.ts';
import { refused } from '../../config/parsed.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { readText, replaceFile } from '../../talos/integrate/secret-file.ts';
import { loadInventory } from '../../talos/inventory/load.ts';
import { parseVipAddress } from '../../talos/inventory/schema.ts';
import { machinesOf } from '../../talos/inventory/types.ts';
import {
  addressesOf,
  contextsOf,
  fixTalosconfig,
  lintContext,
  parseTalosconfig,
} from '../../talos/talosconfig.ts';
import type { Io } from '../options.ts';
import { printFindings } from './live-options.ts';

interface Arguments {
  readonly talosconfig: string | undefined;
  readonly inventory: string | undefined;
  readonly vip: string[];
  readonly fix: boolean;
  readonly 'allow-vip-talos-endpoint': boolean;
  readonly json: boolean;
}

const text = { type: 'string', requiresArg: true, nargs: 1 } as const;

/** `vip-elector talos lint-talosconfig`: the VIP is no endpoint of Talos. */
export function lintTalosconfigCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'lint-talosconfig [talosconfig]',
    describe: 'find endpoints of Talos that are, or lead to, the VIP; --fix puts them right',
    builder: (yargs) =>
      yargs
        .positional('talosconfig', {
          type: 'string',
          describe: 'file (default: TALOSCONFIG, ~/.talos/config)',
        })
        .options({
          inventory: { ...text, describe: 'cluster.yaml: names VIPs and control planes' },
          vip: { ...text, array: true, default: [], describe: 'a VIP; repeatable' },
          fix: { type: 'boolean', default: false, describe: 'write the control planes into it' },
          'allow-vip-talos-endpoint': {
            type: 'boolean',
            default: false,
            describe: 'tolerate a VIP with control planes beside it',
          },
          json: { type: 'boolean', default: false, describe: 'print JSON for programs' },
        }),
    handler: async (argv) => {
      const path = argv.talosconfig ?? inUse(io.env);
      const { vips, planes } = await known(argv);
      const document = parseTalosconfig(readText(path), path);
      const options = {
        vips,
        planes,
        resolve: addressesOf,
        allowVip: argv['allow-vip-talos-endpoint'],
      };
      if (argv.fix) {
        if (planes.length === 0)
          throw usage('--fix needs --inventory: it names the control planes');
        fixTalosconfig(document, planes, options);
        const kept = replaceFile(path, document.toString(), systemClock.wallMs());
        io.stderr(`vip-elector: ${path} written; before: ${kept}\n`);
      }
      const open = (statSync(path).mode & 0o077) !== 0;
      const findings = await Promise.all(
        contextsOf(document).map((context) => lintContext(context, options)),
      );
      const mode = open
        ? [warn(path, 'others may read it, and it holds a key', `chmod 600 ${path}`)]
        : [];
      printFindings([...findings.flat(), ...mode], argv, io);
    },
  };
}

async function known(argv: Arguments): Promise<{ vips: string[]; planes: string[] }> {
  const file = argv.inventory;
  const inventory = file === undefined ? undefined : await loadInventory(file);
  const given = argv.vip.map((one) => {
    const outcome = parseVipAddress(one);
    if (!refused(outcome)) return outcome.value;
    throw usage(`--vip = ${JSON.stringify(one)}: ${outcome.problem}; ${outcome.remedy}`);
  });
  const vips = [...given, ...(inventory?.vips ?? [])];
  if (vips.length === 0) throw usage('--vip is missing; give it, or --inventory with vips');
  const planes = inventory === undefined ? [] : machinesOf(inventory, 'controlplane');
  return { vips, planes: planes.map(({ address }) => address) };
}

function inUse(env: Io['env']): string {
  return env['TALOSCONFIG'] ?? join(env['HOME'] ?? homedir(), '.talos', 'config');
}

function usage(message: string): OperatorError {
  return new OperatorError(message, ExitCode.usage);
}
