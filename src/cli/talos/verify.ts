import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { ExitCode, OperatorError } from '../../errors.ts';
import { resolveEndpoint } from '../../talos/endpoint/resolve.ts';
import { readText } from '../../talos/integrate/secret-file.ts';
import { driftOf, verifyCluster } from '../../talos/live/verify.ts';
import type { Io } from '../options.ts';
import type { LiveArguments } from './live-options.ts';
import { liveOf, liveOptions, printFindings } from './live-options.ts';
import { inventoryPositional } from './plan-output.ts';

interface Arguments extends LiveArguments {
  readonly configs: string | undefined;
  readonly diff: boolean;
}

/** `vip-elector talos verify FILE`: owner, endpoint, certificates, and with --configs drift. */
export function verifyCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'verify <file>',
    describe: 'one owner, an API that serves at the endpoint, certificates that name it',
    builder: (yargs) =>
      yargs.positional('file', inventoryPositional).options({
        ...liveOptions,
        configs: {
          type: 'string',
          requiresArg: true,
          nargs: 1,
          describe: 'directory of NAME.yaml that each node is to have',
        },
        diff: {
          type: 'boolean',
          default: false,
          describe: 'only show how nodes differ from them, secrets masked',
        },
      }),
    handler: async (argv) => {
      const live = await liveOf(argv, io);
      const { configs } = argv;
      if (argv.diff && configs === undefined) {
        throw new OperatorError('--diff needs --configs, with what to compare', ExitCode.usage);
      }
      const fileOf = (name: string): { path: string; text: string } => {
        const path = join(configs ?? '', `${name}.yaml`);
        return { path, text: readText(path) };
      };
      const drift = configs === undefined ? [] : await driftOf(live, fileOf);
      if (argv.diff) {
        for (const { diff, finding } of drift) {
          if (finding.verdict === 'ok') continue;
          process.exitCode = ExitCode.differs;
          io.stdout(`# ${finding.name}: ${finding.detail}\n${diff}`);
        }
        return;
      }
      const endpoint = resolveEndpoint(live.inventory);
      const findings = await verifyCluster({ ...live, endpoint });
      printFindings([...findings, ...drift.map(({ finding }) => finding)], argv, io);
    },
  };
}
