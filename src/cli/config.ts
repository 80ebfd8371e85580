import type { CommandModule } from 'yargs';
import { withExamples } from './examples.ts';
import type { Io } from './options.ts';
import { configOptions, loadFrom } from './options.ts';

/** `vip-elector config`: the merged configuration and where each value came from, as YAML. */
export function configCommand(io: Io): CommandModule {
  return {
    command: 'config',
    describe: 'print the configuration in effect, and where each value came from',
    builder: (yargs) =>
      withExamples(yargs, 'config').options(configOptions).option('schema', {
        type: 'boolean',
        describe: 'print the JSON schema of the configuration file instead',
      }),
    handler: async (argv) => {
      if (argv['schema'] === true) {
        const { jsonSchema } = await import('../config/schema.ts');
        io.stdout(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
        return;
      }
      const { renderConfig } = await import('../config/render.ts');
      io.stdout(renderConfig(await loadFrom(argv, io)));
    },
  };
}
