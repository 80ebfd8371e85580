import type { CommandModule } from 'yargs';
import { checksOf } from '../check/checks.ts';
import { runChecks } from '../check/runner.ts';
import { systemClock } from '../clock.ts';
import { ExitCode } from '../errors.ts';
import { checkText } from './check-view.ts';
import { localStatus } from './control-client.ts';
import { configOptions, loadFrom, type Io } from './options.ts';

/** `vip-elector check`: everything that must be true, with the remedy where it is not. Changes nothing. */
export function checkCommand(io: Io): CommandModule {
  return {
    command: 'check',
    describe: 'look at everything that must be true, and say what is not',
    builder: (yargs) =>
      yargs
        .options(configOptions)
        .option('json', { type: 'boolean', describe: 'print JSON for programs' })
        .epilogue(
          'Changes nothing. Exit codes: 0 nothing fails (there may be warnings), 2 wrong usage or ' +
            'configuration, 3 something fails.',
        ),
    handler: async (argv) => {
      const { config } = await loadFrom(argv, io, { groupsRequired: false, etcdRequired: false });
      const status = (): ReturnType<typeof localStatus> => localStatus(config.runtimeDir);
      // A person who has seen enough ends the process: there is nothing to put back.
      const { signal } = new AbortController();
      const checks = checksOf(config, { clock: systemClock, status });
      const findings = await runChecks(checks, systemClock, signal);
      io.stdout(
        argv['json'] === true
          ? `${JSON.stringify(findings, null, 2)}\n`
          : checkText(findings, { colours: process.stdout.isTTY }),
      );
      if (findings.some(({ verdict }) => verdict === 'fail')) {
        process.exitCode = ExitCode.checkFailed;
      }
    },
  };
}
