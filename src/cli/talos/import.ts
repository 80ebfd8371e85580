import { existsSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { describe, ExitCode, OperatorError } from '../../errors.ts';
import type { Strategy } from '../../talos/address/choice.ts';
import { STRATEGIES } from '../../talos/address/choice.ts';
import { importSources, parseNamedNode, readGiven } from '../../talos/import/sources.ts';
import { writeInventory } from '../../talos/inventory/write.ts';
import type { Io } from '../options.ts';

interface ImportArguments {
  files: string[];
  node: string[];
  out: string | undefined;
  strategy: Strategy;
  lenient: boolean;
}

/** `vip-elector talos import FILE…`: an inventory made of what there is already. */
export function importCommand(io: Io): CommandModule<object, ImportArguments> {
  return {
    command: 'import <files..>',
    describe: 'make an inventory of talconfig, tfvars, Helm values, ConfigMaps, machine configs',
    builder: (yargs) =>
      yargs
        .positional('files', { type: 'string', array: true, demandOption: true })
        .option('node', {
          type: 'string',
          array: true,
          nargs: 1,
          default: [],
          describe: 'NAME=ADDRESS=ROLE, or =FILE for a machine with this configuration; repeatable',
        })
        .option('out', {
          type: 'string',
          requiresArg: true,
          describe: 'new file (default: stdout)',
        })
        .option('strategy', {
          choices: STRATEGIES,
          default: STRATEGIES[0],
          describe: 'where the VIP of tfvars is that do not say it',
        })
        .option('lenient', {
          type: 'boolean',
          default: false,
          describe: "read the operator's settings as it does: an unknown mode is its default",
        })
        .epilogue(
          'Several files make one inventory, and must not contradict. The kind is found by content; ' +
            'KIND:FILE says it: talconfig, tfvars, helm, configmap, sharedip, machineconfig.',
        ),
    handler: async ({ files, node, out, strategy, lenient }) => {
      const given = [];
      for (const file of files) given.push(await readGiven(file));
      const nodes = node.map(parseNamedNode);
      const { inventory, notes } = await importSources(given, { nodes, strategy, lenient });
      const text = writeInventory(inventory, out === undefined ? undefined : dirname(resolve(out)));
      for (const note of notes) io.stderr(`vip-elector: note: ${note}\n`);
      if (out === undefined) io.stdout(text);
      else writeNew(out, text);
    },
  };
}

/** Patches may hold secrets of the operator's: for nobody else to read. */
function writeNew(path: string, text: string): void {
  if (existsSync(path)) {
    throw new OperatorError(`--out = "${path}": is there; name a new file`, ExitCode.usage);
  }
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new OperatorError(`--out = "${path}": cannot be written: ${describe(error)}`);
  }
}
