import type { Surroundings } from './commands.ts';
import { bootstrapPhase, verifyPhase } from './phases.ts';
import type { Plan } from './plan.ts';

/** The plan that brings up machines which have their configuration. */
export function bootstrapPlan(around: Surroundings): Plan {
  const { inventory } = around;
  const early =
    inventory.vips.length === 0
      ? []
      : [
          `${inventory.vips.join(' and ')} will not answer before etcd runs: Talos elects the owner ` +
            "there. Everything up to then goes through a node's own address.",
        ];
  return {
    title: `${inventory.name}: bootstrap`,
    warnings: early,
    phases: [bootstrapPhase(around), verifyPhase(around)],
  };
}
