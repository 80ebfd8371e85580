import { existsSync } from 'node:fs';
import type { CommandModule } from 'yargs';
import { loadInventory } from '../../talos/inventory/load.ts';
import { migrationPlan } from '../../talos/plan/migration.ts';
import type { Named } from '../../talos/plan/sides.ts';
import { sideOf } from '../../talos/plan/sides.ts';
import { stagePatches } from '../../talos/plan/stages.ts';
import type { Io } from '../options.ts';
import { writeNew } from './new-directory.ts';
import type { PlanArguments } from './plan-output.ts';
import { inventoryPositional, planOptions, printPlan, surroundingsOf } from './plan-output.ts';

interface Arguments extends PlanArguments {
  readonly from: string;
  readonly to: string | undefined;
  readonly out: string | undefined;
}

/** `vip-elector talos migrate FILE --from X`: from one endpoint to another, step by step. */
export function migrateCommand(io: Io): CommandModule<object, Arguments> {
  const text = { type: 'string', requiresArg: true, nargs: 1 } as const;
  return {
    command: 'migrate <file>',
    describe: 'write the ordered way from one endpoint mode or VIP to another',
    builder: (yargs) =>
      yargs
        .positional('file', inventoryPositional)
        .options({
          ...planOptions,
          from: {
            ...text,
            demandOption: true,
            describe: 'how it is now: a mode, or the inventory of then',
          },
          to: { ...text, describe: 'how it is to be (default: as the inventory says)' },
          out: { ...text, describe: 'new or empty directory for the patches of every stage' },
        })
        .example('$0 talos migrate cluster.yaml --from none', 'a VIP for a running cluster')
        .example('$0 talos migrate new.yaml --from old.yaml', 'another VIP, or none any more'),
    handler: async (argv) => {
      const { inventory: base, ...rest } = await surroundingsOf(argv);
      const from = sideOf('--from', await named(argv.from), base);
      const to =
        argv.to === undefined
          ? sideOf('FILE', { inventory: base }, base)
          : sideOf('--to', await named(argv.to), base);
      const directory = argv.out ?? `${base.name}-migration`;
      const writes = ['vip-elector', 'talos', 'migrate', argv.file, '--from', argv.from];
      const target = argv.to === undefined ? [] : ['--to', argv.to];
      const plan = migrationPlan({
        ...rest,
        inventory: to.inventory,
        from,
        to,
        directory,
        writes: [...writes, ...target, '--out', directory],
      });
      if (argv.out !== undefined) await writeNew(argv.out, stagePatches({ from, to }));
      await printPlan(plan, argv, io);
    },
  };
}

async function named(text: string): Promise<Named> {
  return existsSync(text) ? { inventory: await loadInventory(text) } : { mode: text };
}
