import type { CommandModule } from 'yargs';
import { resetPlan } from '../../talos/plan/reset.ts';
import type { Io } from '../options.ts';
import type { PlanArguments } from './plan-output.ts';
import { inventoryPositional, planOptions, printPlan, surroundingsOf } from './plan-output.ts';

/** `vip-elector talos reset-plan FILE`: what empties the machines, as text. Nothing runs it. */
export function resetPlanCommand(io: Io): CommandModule<object, PlanArguments> {
  return {
    command: 'reset-plan <file>',
    describe: 'write the commands that empty all machines; this program never runs them',
    builder: (yargs) => yargs.positional('file', inventoryPositional).options(planOptions),
    handler: async (argv) => printPlan(resetPlan(await surroundingsOf(argv)), argv, io),
  };
}
