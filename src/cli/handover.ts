import type { CommandModule } from 'yargs';
import type { HandoverReport } from '../vip/handover.ts';
import { tellDaemon } from './control-client.ts';
import { localOptions, runtimeDirOf } from './local-options.ts';
import type { Io } from './options.ts';

/** `vip-elector handover`: moves a group from this node to another. */
export function handoverCommand(io: Io): CommandModule {
  return {
    command: 'handover',
    describe: 'move a group to another node, and say how long nobody answered',
    builder: (yargs) =>
      yargs
        .options(localOptions)
        .option('to', {
          type: 'string',
          requiresArg: true,
          describe: 'the node that is to hold it (default: the best one)',
        })
        .option('group', {
          type: 'string',
          requiresArg: true,
          describe: 'the group (default: the only one)',
        })
        .option('force', { type: 'boolean', describe: 'even where nobody healthy could take it' })
        .option('json', { type: 'boolean', describe: 'print JSON for programs' })
        .epilogue('Run it on the node that holds the group: see vip-elector status.'),
    handler: async (argv) => {
      const { to, group, force, json } = argv as {
        to?: string;
        group?: string;
        force?: boolean;
        json?: boolean;
      };
      const report = (await tellDaemon(await runtimeDirOf(argv, io), 'handover', {
        ...(to === undefined ? {} : { to }),
        ...(group === undefined ? {} : { group }),
        ...(force === true ? { force: 'true' } : {}),
      })) as HandoverReport;
      io.stdout(json === true ? `${JSON.stringify(report, null, 2)}\n` : handoverText(report));
    },
  };
}

function handoverText({ group, from, to, outageMs }: HandoverReport): string {
  const outage =
    outageMs === null
      ? 'how long nobody answered cannot be measured from here (IPv6)'
      : `nobody answered for ${Math.round(outageMs)} ms, as ${from} saw it`;
  return `${group} moved from ${from} to ${to}; ${outage}\n`;
}
