import { packageVersion } from '../version.ts';
import yargs from 'yargs';
import type { Argv } from 'yargs';
import { nearest } from '../config/did-you-mean.ts';
import { describe, ExitCode, OperatorError } from '../errors.ts';
import { complete } from './completion.ts';
import { configCommand } from './config.ts';
import { lazy } from './lazy.ts';
import type { Io } from './options.ts';
import { configOptions } from './options.ts';
import { runCommand } from './run.ts';

/** Set to 1, it shows the stack of an unexpected error. */
const DEBUG = 'VIP_ELECTOR_DEBUG';
const HELP_WIDTH = 100;

/**
 * Runs a command line: everything of the program but the process around it.
 * @param argv arguments without node and script
 * @returns the exit code; what went wrong has been said on standard error
 */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    const values = await complete(argv);
    if (values !== undefined) {
      io.stdout(values.map((each) => `${each}\n`).join(''));
      return ExitCode.done;
    }
    const parser = commands(yargs(), io);
    await parser.parseAsync([...argv], {}, (_error, _argv, output) => {
      // Help, version and completion. Errors reject the promise as well.
      if (output !== '') io.stdout(`${output}\n`);
    });
    // A command may find something and say so by the exit code of the process (`check`, `--diff`).
    return ExitCode.done;
  } catch (error) {
    return report(error, io);
  }
}

function commands(parser: Argv, io: Io): Argv {
  return operations(parser, io)
    .scriptName('vip-elector')
    .usage('Elects over etcd which node owns a virtual IP, and puts it there.\n\n$0 <command>')
    .command(runCommand(io))
    .command(
      lazy('status', 'show who holds which virtual IP, since when and why', async () => {
        return (await import('./status.ts')).statusCommand(io);
      }),
    )
    .command(
      lazy('check', 'look at everything that must be true, and say what is not', async () => {
        return (await import('./check.ts')).checkCommand(io);
      }),
    )
    .command(
      lazy('cleanup', 'withdraw every address that carries our mark', async () => {
        return (await import('./cleanup.ts')).cleanupCommand;
      }),
    )
    .command(
      lazy(
        'manifest <kind>',
        'print what starts the daemon, for Kubernetes or systemd',
        async () => {
          return (await import('./manifest.ts')).manifestCommand(io);
        },
      ),
    )
    .command(
      lazy('lab', 'try it: hosts as network namespaces, real etcd, faults', async () => {
        return (await import('./lab.ts')).labCommand;
      }),
    )
    .command(
      lazy('faults', 'run the fault matrix (docs/faults.md)', async () => {
        return (await import('./faults.ts')).faultsCommand;
      }),
    )
    .command(
      lazy('talos', 'render, merge, check and move the VIP of a Talos cluster', async () => {
        return (await import('./talos.ts')).talosCommand(io);
      }),
    )
    .command(configCommand(io))
    .completion('completion', 'print a completion script for bash or zsh')
    .example('$0 status --etcd https://10.0.0.1:2379', 'who holds what')
    .example('source <($0 completion)', 'completion in this shell; in ~/.bashrc for good')
    .version(packageVersion())
    .help()
    .alias('help', 'h')
    .demandCommand(1, 1, 'name a command')
    .recommendCommands()
    .strict()
    .wrap(HELP_WIDTH)
    .epilogue(
      'Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 check found a failure, ' +
        '4 missing privilege.',
    )
    .parserConfiguration({ 'camel-case-expansion': false })
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string, error: Error | undefined) => {
      if (error !== undefined && error.name !== 'YError') throw error;
      throw new OperatorError(withSuggestion(message), ExitCode.usage);
    });
}

/** What an operator does to the daemon of this node. */
function operations(parser: Argv, io: Io): Argv {
  return parser
    .command(
      lazy('handover', 'move a group to another node', async () => {
        return (await import('./handover.ts')).handoverCommand(io);
      }),
    )
    .command(
      lazy('drain', 'hand over what this node holds, and keep it out until undrain', async () => {
        return (await import('./drain.ts')).drainCommand(io);
      }),
    )
    .command(
      lazy('undrain', 'let this node stand for election again', async () => {
        return (await import('./drain.ts')).undrainCommand(io);
      }),
    );
}

/** Adds to yargs' "Unknown argument: vipp" what may have been meant. */
function withSuggestion(message: string): string {
  const unknown = /^Unknown arguments?: (\S+?)(?:,|$)/.exec(message)?.[1];
  const name = unknown && nearest(unknown, Object.keys(configOptions));
  const meant = name ? `; did you mean --${name}?` : '';
  return `${message}${meant}\nsee vip-elector --help, or --help after a command`;
}

function report(error: unknown, io: Io): ExitCode {
  if (error instanceof OperatorError) {
    io.stderr(`vip-elector: ${error.message}\n`);
    return error.exitCode;
  }
  const stack = io.env[DEBUG] === '1' && error instanceof Error ? error.stack : undefined;
  const hint = `set ${DEBUG}=1 to see where, and report it`;
  io.stderr(`vip-elector: unexpected error: ${stack ?? `${describe(error)} (${hint})`}\n`);
  return ExitCode.failed;
}
