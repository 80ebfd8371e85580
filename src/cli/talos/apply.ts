import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../../clock.ts';
import { replaceFile } from '../../talos/integrate/secret-file.ts';
import type { Target } from '../../talos/live/apply.ts';
import { applyAll, orderOf } from '../../talos/live/apply.ts';
import { Journal } from '../../talos/live/journal.ts';
import { targetOf } from '../../talos/live/targets.ts';
import { confirm } from '../confirm.ts';
import type { Io } from '../options.ts';
import type { Live, LiveArguments } from './live-options.ts';
import { liveOf, liveOptions } from './live-options.ts';
import { inventoryPositional } from './plan-output.ts';
import type { WaitArguments } from './wait-options.ts';
import { durationOf, patienceOf, waitOptions } from './wait-options.ts';

interface Arguments extends Omit<LiveArguments, 'json'>, WaitArguments {
  readonly configs: string;
  readonly insecure: boolean;
  readonly settle: string;
  readonly 'dry-run': boolean;
}

/** Longest that talosctl takes to hand a configuration over. */
const APPLY_WITHIN_MS = 60_000;

/** `vip-elector talos apply FILE --configs DIR`: one machine after the other. */
export function applyCommand(io: Io): CommandModule<object, Arguments> {
  const text = { type: 'string', requiresArg: true, nargs: 1 } as const;
  return {
    command: 'apply <file>',
    describe: 'apply DIR/NAME.yaml one machine after the other, each well before the next',
    builder: (yargs) =>
      yargs.positional('file', inventoryPositional).options({
        talosconfig: liveOptions.talosconfig,
        ...waitOptions,
        configs: { ...text, demandOption: true, describe: 'directory of NAME.yaml' },
        insecure: {
          type: 'boolean',
          default: false,
          describe: 'the machines wait for their first configuration',
        },
        settle: { ...text, default: '10s', describe: 'wait this long before the first look' },
        'dry-run': { type: 'boolean', default: false, describe: 'only let Talos check the files' },
      }),
    handler: async (argv) => {
      const live = await liveOf(argv, io);
      const { vips } = live.inventory;
      const targets = orderOf(live.inventory).map((machine) =>
        targetOf(machine, resolve(argv.configs, `${machine.name}.yaml`), vips),
      );
      if (argv['dry-run']) await dryRun(targets, live, argv, io);
      else await apply(targets, live, argv, io);
    },
  };
}

async function dryRun(
  targets: readonly Target[],
  { patient, signal }: Live,
  { insecure }: Arguments,
  io: Io,
): Promise<void> {
  const flags = ['--dry-run', ...(insecure ? ['--insecure'] : [])];
  for (const { machine, path } of targets) {
    const args = ['apply-config', '--file', path, ...flags];
    await patient(APPLY_WITHIN_MS).run(machine.address, args, signal);
    io.stdout(`${machine.name}: Talos takes ${path}\n`);
  }
}

async function apply(
  targets: readonly Target[],
  { inventory, patient, signal }: Live,
  argv: Arguments,
  io: Io,
): Promise<void> {
  const patience = patienceOf(argv, signal);
  const settleMs = durationOf('--settle', argv.settle);
  const names = targets.map(({ machine }) => machine.name).join(', ');
  const what = `Each of ${names} gets its configuration, and reboots where Talos needs it.`;
  await confirm({ what, word: inventory.name, yes: argv.yes }, io);
  const journal = new Journal(argv.configs);
  const before = join(argv.configs, 'before');
  await applyAll(targets, {
    ...patience,
    settleMs,
    talosctl: patient(APPLY_WITHIN_MS),
    insecure: argv.insecure,
    isDone: ({ machine, sha256 }) => journal.has(machine.name, sha256),
    done: ({ machine, sha256 }) => journal.add(machine.name, sha256, systemClock.wallMs()),
    keep: ({ name }, text) => {
      mkdirSync(before, { recursive: true, mode: 0o700 });
      replaceFile(join(before, `${name}.yaml`), text, systemClock.wallMs());
    },
    say: (text) => io.stdout(`${text}\n`),
  });
  journal.end();
  const next = argv.insecure ? 'vip-elector talos bootstrap-plan' : 'vip-elector talos verify';
  io.stdout(`all ${targets.length} are done; next: ${next} ${argv.file}\n`);
}
