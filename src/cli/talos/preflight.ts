import type { CommandModule } from 'yargs';
import { fail, ok } from '../../check/finding.ts';
import { systemClock } from '../../clock.ts';
import { OperatorError } from '../../errors.ts';
import { preflight } from '../../talos/live/preflight.ts';
import { machineState } from '../../talos/talosctl/node.ts';
import type { Io } from '../options.ts';
import type { Live, LiveArguments } from './live-options.ts';
import { liveOf, liveOptions, printFindings } from './live-options.ts';
import { inventoryPositional } from './plan-output.ts';

interface Arguments extends LiveArguments {
  readonly maintenance: boolean;
  readonly 'probe-link': string | undefined;
}

/** `vip-elector talos preflight FILE`: what must be true before; it changes nothing. */
export function preflightCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'preflight <file>',
    describe: 'look whether machines, links and names are right, and nobody uses the VIP',
    builder: (yargs) =>
      yargs.positional('file', inventoryPositional).options({
        ...liveOptions,
        maintenance: {
          type: 'boolean',
          default: false,
          describe: 'only whether all wait for a configuration',
        },
        'probe-link': {
          type: 'string',
          requiresArg: true,
          nargs: 1,
          describe: 'link of this machine in the LAN of the VIP, for ARP probes (root)',
        },
      }),
    handler: async (argv) => {
      const live = await liveOf(argv, io);
      const link = argv['probe-link'];
      const findings = argv.maintenance
        ? await maintenance(live)
        : await preflight({
            ...live,
            clock: systemClock,
            ...(link !== undefined && { probeLink: link }),
          });
      printFindings(findings, argv, io);
    },
  };
}

function maintenance({ inventory, talosctl, signal }: Live) {
  return Promise.all(
    inventory.machines.map(async ({ name, address }) => {
      const remedy = 'boot it without a configuration: vip-elector talos reset-plan';
      try {
        const { stage } = await machineState(talosctl, address, signal, ['--insecure']);
        if (stage === 'maintenance') return ok(name, 'waits for a configuration');
        return fail(name, `is ${stage}, not in maintenance mode`, remedy);
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        return fail(name, error.message, remedy);
      }
    }),
  );
}
