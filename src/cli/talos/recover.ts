import { resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../../clock.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import { awaitTaken, awaitWell } from '../../talos/live/apply.ts';
import { targetOf } from '../../talos/live/targets.ts';
import { machineState } from '../../talos/talosctl/node.ts';
import { confirm } from '../confirm.ts';
import type { Io } from '../options.ts';
import type { Live, LiveArguments } from './live-options.ts';
import { liveOf, liveOptions } from './live-options.ts';
import { inventoryPositional } from './plan-output.ts';
import type { WaitArguments } from './wait-options.ts';
import { patienceOf, waitOptions } from './wait-options.ts';

interface Arguments extends Omit<LiveArguments, 'json'>, WaitArguments {
  readonly node: string;
  readonly config: string;
}

const HELP = [
  'It is not in maintenance mode. To get it there:',
  '  1. Switch it off.',
  '  2. Write the image of your version of Talos to its disk or SD card anew, or boot its ISO.',
  '  3. Switch it on, with the network cable in the LAN of the others.',
  '  4. Wait until its console says "maintenance" and shows its address; it must be that of the inventory.',
  '  5. Run this command again.',
].join('\n');

/** `vip-elector talos recover FILE NODE --config F`: a machine that lost its configuration. */
export function recoverCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'recover <file> <node>',
    describe: 'bring back a machine that waits for a configuration',
    builder: (yargs) =>
      yargs
        .positional('file', inventoryPositional)
        .positional('node', { type: 'string', demandOption: true, describe: 'its name' })
        .options({
          talosconfig: liveOptions.talosconfig,
          ...waitOptions,
          config: {
            type: 'string',
            requiresArg: true,
            nargs: 1,
            demandOption: true,
            describe: 'its configuration',
          },
        }),
    handler: async (argv) => {
      const live = await liveOf(argv, io);
      await recover(live, argv, io);
    },
  };
}

async function recover(live: Live, argv: Arguments, io: Io): Promise<void> {
  const { inventory, patient, signal } = live;
  const machine = inventory.machines.find(({ name }) => name === argv.node);
  if (machine === undefined) {
    const known = inventory.machines.map(({ name }) => name).join(', ');
    const said = `${argv.node} is no node of the inventory; name one of ${known}`;
    throw new OperatorError(said, ExitCode.usage);
  }
  const { path } = targetOf(machine, resolve(argv.config), inventory.vips);
  const { name, address } = machine;
  const stage = await stageOf(address, live);
  if (stage !== 'maintenance') {
    const said = stage === undefined ? 'does not answer' : `is ${stage}`;
    throw new OperatorError(`${name}: ${said}. ${HELP}`, ExitCode.checkFailed);
  }
  const what = `${name} gets ${path}; what is on its system disk may be overwritten.`;
  await confirm({ what, word: name, yes: argv.yes }, io);
  const patience = patienceOf(argv, signal);
  const talosctl = patient(Math.max(patience.withinMs, 1000));
  await talosctl.run(address, ['apply-config', '--file', path, '--insecure'], signal);
  io.stdout(`${name}: applied; waiting until it is well\n`);
  const waiting = { ...patience, talosctl: live.talosctl, clock: systemClock };
  await awaitTaken(machine, waiting);
  await awaitWell([machine], waiting);
  await talosctl.run(address, ['health', '--wait-timeout', '2m'], signal);
  io.stdout(`${name}: in service; next: vip-elector talos verify ${argv.file}\n`);
}

/** By the cluster's certificates, else as a machine that has none; undefined: it does not answer. */
async function stageOf(address: string, { talosctl, signal }: Live): Promise<string | undefined> {
  for (const flags of [[], ['--insecure']]) {
    try {
      return (await machineState(talosctl, address, signal, flags)).stage;
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
    }
  }
  return undefined;
}
