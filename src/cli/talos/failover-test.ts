import type { CommandModule } from 'yargs';
import { ExitCode, OperatorError } from '../../errors.ts';
import { API_PORT } from '../../talos/endpoint/custom.ts';
import { machinesOf, type Machine } from '../../talos/inventory/types.ts';
import { awaitWell } from '../../talos/live/apply.ts';
import type { WayDown } from '../../talos/live/failover.ts';
import { BOUND_MS, measureOutage, spread, WAYS_DOWN } from '../../talos/live/failover.ts';
import { ownershipOf } from '../../talos/owner.ts';
import { confirm } from '../confirm.ts';
import type { Io } from '../options.ts';
import type { Live, LiveArguments } from './live-options.ts';
import { liveOf, liveOptions } from './live-options.ts';
import { inventoryPositional } from './plan-output.ts';
import type { WaitArguments } from './wait-options.ts';
import { patienceOf, waitOptions } from './wait-options.ts';

interface Arguments extends LiveArguments, WaitArguments {
  readonly by: WayDown;
  readonly runs: number;
}

interface Run {
  readonly from: string;
  readonly to: string;
  readonly outageMs: number;
}

const PROBE_EVERY_MS = 50;
const RUNS_MAX = 100;

/** `vip-elector talos failover-test FILE`: takes the owner down and measures. */
export function failoverTestCommand(io: Io): CommandModule<object, Arguments> {
  return {
    command: 'failover-test <file>',
    describe: 'reboot the owner of the VIP, and measure how long the API does not answer there',
    builder: (yargs) =>
      yargs.positional('file', inventoryPositional).options({
        ...liveOptions,
        ...waitOptions,
        by: {
          choices: WAYS_DOWN,
          default: WAYS_DOWN[0],
          describe: 'reboot; force: as a crash, Talos 1.12 or later; hand: you pull the plug',
        },
        runs: { type: 'number', default: 1, describe: 'how often, each time the then owner' },
      }),
    handler: async (argv) => {
      const live = await liveOf(argv, io);
      const runs = await failovers(live, argv, io);
      const { min, median, max } = spread(runs.map(({ outageMs }) => outageMs));
      const boundMs = BOUND_MS[argv.by];
      if (argv.json) {
        io.stdout(`${JSON.stringify({ by: argv.by, boundMs, min, median, max, runs }, null, 2)}\n`);
      } else {
        const all = `least ${min} ms, middle ${median} ms, most ${max} ms of ${runs.length}`;
        io.stdout(`${all}; Talos needs at most ${boundMs} ms\n`);
      }
      if (max > boundMs) process.exitCode = ExitCode.checkFailed;
    },
  };
}

async function failovers(live: Live, argv: Arguments, io: Io): Promise<Run[]> {
  const { inventory, signal } = live;
  const [vip] = inventory.vips;
  const { runs, by } = argv;
  if (vip === undefined) throw usage(`${argv.file}: vips is missing; there is nothing to move`);
  if (!Number.isInteger(runs) || runs < 1 || runs > RUNS_MAX) {
    throw usage(`--runs = ${runs}: is no number of runs; write 1 to ${RUNS_MAX}`);
  }
  const patience = patienceOf(argv, signal);
  const planes = machinesOf(inventory, 'controlplane');
  const what = `The control plane that has ${vip} ${by === 'hand' ? 'is to be taken down by you' : 'is rebooted'}.`;
  await confirm({ what, word: inventory.name, yes: argv.yes }, io);
  const done: Run[] = [];
  for (let run = 0; run < runs; run += 1) {
    await awaitWell(planes, { ...patience, talosctl: live.talosctl });
    const from = await ownerOf(vip, planes, live);
    if (from === undefined) {
      throw new OperatorError(`nobody has ${vip} alone; vip-elector talos explain`);
    }
    await takeDown(from, by, live, io);
    let to: Machine | undefined;
    const outageMs = await measureOutage(
      async () => {
        to = await ownerOf(vip, planes, live);
        return to !== undefined && to !== from;
      },
      { ...patience, vip, port: API_PORT, everyMs: PROBE_EVERY_MS },
    );
    done.push({ from: from.name, to: to?.name ?? '', outageMs });
    const said = `${vip} moved from ${from.name} to ${to?.name}`;
    io.stderr(`${said}; the API did not answer for ${outageMs} ms\n`);
  }
  return done;
}

async function takeDown(owner: Machine, by: WayDown, { talosctl, signal }: Live, io: Io) {
  if (by === 'hand') {
    io.stderr(`Take ${owner.name} (${owner.address}) down now.\n`);
    return;
  }
  const mode = by === 'force' ? ['--mode', 'force'] : [];
  await talosctl.run(owner.address, ['reboot', '--wait=false', ...mode], signal);
}

async function ownerOf(
  vip: string,
  planes: readonly Machine[],
  { talosctl, signal }: Live,
): Promise<Machine | undefined> {
  const addresses = planes.map(({ address }) => address);
  const { owners } = await ownershipOf(talosctl, vip, addresses, signal);
  return owners.length === 1 ? planes.find(({ address }) => address === owners[0]) : undefined;
}

function usage(message: string): OperatorError {
  return new OperatorError(message, ExitCode.usage);
}
