import type { CommandModule } from 'yargs';
import { compileAhead } from '../compile-ahead.ts';
import { withExamples } from './examples.ts';
import type { Io } from './options.ts';
import { configOptions, loadFrom } from './options.ts';

/** `vip-elector run`: the daemon, in the foreground. Ends on SIGTERM or SIGINT. */
export function runCommand(io: Io): CommandModule {
  return {
    command: 'run',
    describe: 'take part in the election, and hold the virtual IPs that are won',
    builder: (yargs) => withExamples(yargs.options(configOptions), 'run'),
    handler: async (argv) => {
      const { config } = await loadFrom(argv, io);
      await compileAhead();
      const { runDaemon } = await import('../daemon.ts');
      await runDaemon(config, async () => (await loadFrom(argv, io)).config);
    },
  };
}
