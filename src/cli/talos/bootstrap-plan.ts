import type { CommandModule } from 'yargs';
import { bootstrapPlan } from '../../talos/plan/bootstrap.ts';
import type { Io } from '../options.ts';
import type { PlanArguments } from './plan-output.ts';
import { inventoryPositional, planOptions, printPlan, surroundingsOf } from './plan-output.ts';

/** `vip-elector talos bootstrap-plan FILE`: the first start, through a node's own address. */
export function bootstrapPlanCommand(io: Io): CommandModule<object, PlanArguments> {
  return {
    command: 'bootstrap-plan <file>',
    describe: "write how the cluster is bootstrapped, through a node's own address",
    builder: (yargs) => yargs.positional('file', inventoryPositional).options(planOptions),
    handler: async (argv) => printPlan(bootstrapPlan(await surroundingsOf(argv)), argv, io),
  };
}
