import type { CommandModule } from 'yargs';
import type { Io } from '../options.ts';
import { loadInventory } from '../../talos/inventory/load.ts';
import { inventorySchema } from '../../talos/inventory/schema.ts';
import { writeInventory } from '../../talos/inventory/write.ts';

interface InventoryArguments {
  file: string;
  schema: boolean;
}

/** `vip-elector talos inventory FILE`: every default filled in, as YAML. */
export function inventoryCommand(io: Io): CommandModule<object, InventoryArguments> {
  return {
    command: 'inventory <file>',
    describe: 'check an inventory and print what it says',
    builder: (yargs) =>
      yargs
        .positional('file', {
          type: 'string',
          demandOption: true,
          describe: 'inventory in YAML or JSON, cluster.yaml',
        })
        .option('schema', {
          type: 'boolean',
          default: false,
          describe: 'print the JSON schema of an inventory instead',
        }),
    handler: async ({ file, schema }) => {
      if (schema) io.stdout(`${JSON.stringify(inventorySchema(), null, 2)}\n`);
      else io.stdout(writeInventory(await loadInventory(file)));
    },
  };
}
