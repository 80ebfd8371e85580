import type { CommandModule } from 'yargs';
import { systemClock } from '../../clock.ts';
import { refused } from '../../config/parsed.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { parseAddress } from '../../talos/address/text.ts';
import { lineDiff } from '../../talos/integrate/line-diff.ts';
import { readText, replaceFile } from '../../talos/integrate/secret-file.ts';
import { loadInventory } from '../../talos/inventory/load.ts';
import type { PoolChange } from '../../talos/shared-ip/pool.ts';
import { changeSharedIp, renderSharedIp } from '../../talos/shared-ip/resource.ts';
import type { Io } from '../options.ts';

const ACTIONS = ['render', 'sync', 'add', 'remove'] as const;

interface Arguments {
  action: (typeof ACTIONS)[number];
  inventory: string;
  file: string | undefined;
  member: string | undefined;
  diff: boolean;
}

const text = { type: 'string', requiresArg: true, nargs: 1 } as const;

/** `vip-elector talos pool`: the load balancer's resource of the mode networkconfiguration. */
export function poolCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'pool <action> <inventory>',
    describe: 'write a ControlPlaneVirtualSharedIP, or bring its pool in line with the inventory',
    builder: (yargs) =>
      yargs
        .positional('action', { choices: ACTIONS, demandOption: true })
        .positional('inventory', { type: 'string', demandOption: true, describe: 'cluster.yaml' })
        .options({
          file: { ...text, describe: 'the resource, for sync, add and remove' },
          member: { ...text, describe: 'IPv4 address, for add and remove' },
          diff: { type: 'boolean', default: false, describe: 'only show what would change' },
        })
        .epilogue(
          'The pool has every control plane of the inventory at all times: what would leave one ' +
            'out is refused, and the file stays as it is.',
        ),
    handler: async (argv) => {
      const inventory = await loadInventory(argv.inventory);
      const change = changeOf(argv);
      if (change === undefined) {
        io.stdout(renderSharedIp(inventory));
        return;
      }
      const file = argv.file;
      if (file === undefined) throw wrong('--file', 'is missing', 'name the file of the resource');
      const before = readText(file);
      const after = changeSharedIp(before, file, change, inventory);
      if (after === before) {
        io.stdout(`${file}: as it was\n`);
      } else if (argv.diff) {
        process.exitCode = ExitCode.differs;
        io.stdout(`--- ${file}\n+++ ${file}\n${lineDiff(before, after)}`);
      } else {
        io.stdout(`${file}: written; before: ${replaceFile(file, after, systemClock.wallMs())}\n`);
      }
    },
  };
}

function changeOf({ action, member, file }: Arguments): PoolChange | undefined {
  if (action === 'render' || action === 'sync') {
    if (member !== undefined) throw wrong('--member', 'is not used here', 'use add or remove');
    if (action === 'sync') return { kind: action };
    if (file !== undefined) throw wrong('--file', 'is not used here', 'use sync, add or remove');
    return undefined;
  }
  if (member === undefined) throw wrong('--member', 'is missing', 'name an IPv4 address');
  const outcome = parseAddress(member);
  if (refused(outcome)) {
    throw wrong(`--member = ${JSON.stringify(member)}`, outcome.problem, outcome.remedy);
  }
  return { kind: action, member: outcome.value };
}

function wrong(field: string, problem: string, remedy: string): OperatorError {
  return new OperatorError(`${field}: ${problem}; ${remedy}`, ExitCode.usage);
}
