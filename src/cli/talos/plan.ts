import type { CommandModule } from 'yargs';
import type { Way } from '../../talos/plan/rollout.ts';
import { rolloutPlan, WAYS } from '../../talos/plan/rollout.ts';
import type { Io } from '../options.ts';
import type { PlanArguments } from './plan-output.ts';
import { inventoryPositional, planOptions, printPlan, surroundingsOf } from './plan-output.ts';

interface Arguments extends PlanArguments {
  readonly way: Way;
  readonly dir: string | undefined;
  readonly current: string | undefined;
}

/** `vip-elector talos plan FILE`: a checklist with the exact commands. It changes nothing. */
export function planCommand(io: Io): CommandModule<object, Arguments> {
  const text = { type: 'string', requiresArg: true, nargs: 1 } as const;
  return {
    command: 'plan <file>',
    describe: 'write the checklist that gives a cluster its VIP, with exact commands and times',
    builder: (yargs) =>
      yargs.positional('file', inventoryPositional).options({
        ...planOptions,
        way: {
          choices: WAYS,
          default: WAYS[0],
          describe: 'onto the running cluster, or all anew (which a VIP does not need)',
        },
        dir: { ...text, describe: 'directory for the new files (default: NAME-new)' },
        current: { ...text, describe: 'directory whose place they take in the end' },
      }),
    handler: async (argv) => {
      const around = await surroundingsOf(argv);
      const plan = rolloutPlan({
        ...around,
        way: argv.way,
        directory: argv.dir ?? `${around.inventory.name}-new`,
        ...(argv.current !== undefined && { current: argv.current }),
      });
      await printPlan(plan, argv, io);
    },
  };
}
