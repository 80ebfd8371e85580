import type { Argv, CommandModule } from 'yargs';

/** A command whose module is loaded only when it is used: the help of the others stays fast. */
export function lazy<T>(
  command: string | readonly string[],
  summary: string,
  load: () => Promise<CommandModule<object, T>>,
): CommandModule {
  return {
    command,
    describe: summary,
    builder: async (parser: Argv) => {
      const { builder } = await load();
      if (typeof builder === 'function') return builder(parser);
      return builder === undefined ? parser : parser.options(builder);
    },
    handler: async (argv) => {
      const { handler } = await load();
      await handler(argv as never);
    },
  };
}
