import type { Argv, CommandModule } from 'yargs';
import { withExamples } from './examples.ts';

/**
 * A command whose module is loaded only when it is used: the help of the others stays fast.
 * @param parent name of the command above it
 */
export function lazy<T>(
  command: string | readonly string[],
  summary: string,
  load: () => Promise<CommandModule<object, T>>,
  parent?: string,
): CommandModule {
  const [own = ''] = [command].flat();
  const name = [...(parent === undefined ? [] : [parent]), own.split(' ', 1)[0]].join(' ');
  return {
    command,
    describe: summary,
    builder: async (parser: Argv) => {
      const { builder } = await load();
      if (typeof builder === 'function') return withExamples(await builder(parser), name);
      return withExamples(builder === undefined ? parser : parser.options(builder), name);
    },
    handler: async (argv) => {
      const { handler } = await load();
      await handler(argv as never);
    },
  };
}
