import type { Options } from 'yargs';

import { loadInventory, readText } from '../../talos/inventory/load.ts';
import type { Surroundings } from '../../talos/plan/commands.ts';
import { planMarkdown } from '../../talos/plan/markdown.ts';
import { parseOwnPhases, withOwnPhases } from '../../talos/plan/own-phases.ts';
import type { Plan } from '../../talos/plan/plan.ts';
import { totalMinutes } from '../../talos/plan/plan.ts';
import type { Io } from '../options.ts';

/** What every plan's command is given. */
export interface PlanArguments {
  readonly file: string;
  readonly talosconfig: string | undefined;
  readonly phases: string | undefined;
  readonly json: boolean;
}

export const inventoryPositional = {
  type: 'string',
  demandOption: true,
  describe: 'inventory, cluster.yaml',
} as const;

const text = { type: 'string', requiresArg: true, nargs: 1 } as const;

export const planOptions = {
  talosconfig: { ...text, describe: 'talosconfig that the commands are to name' },
  phases: { ...text, describe: 'YAML file with phases of your own' },
  json: { type: 'boolean', default: false, describe: 'print JSON for programs' },
} satisfies Readonly<Record<string, Options>>;

/** Reads what the commands of a plan are written with. @throws OperatorError */
export async function surroundingsOf({
  file,
  talosconfig,
}: Pick<PlanArguments, 'file' | 'talosconfig'>): Promise<Surroundings> {
  const inventory = await loadInventory(file);
  return { inventory, file, ...(talosconfig !== undefined && { talosconfig }) };
}

/** Prints a plan with the operator's own phases in it. @throws OperatorError */
export async function printPlan(
  plan: Plan,
  { phases, json }: Pick<PlanArguments, 'phases' | 'json'>,
  io: Io,
): Promise<void> {
  const own = phases === undefined ? [] : parseOwnPhases(await readText(phases), phases);
  const whole = { ...plan, phases: withOwnPhases(plan.phases, own) };
  if (!json) io.stdout(planMarkdown(whole));
  else io.stdout(`${JSON.stringify({ ...whole, minutes: totalMinutes(whole) }, null, 2)}\n`);
}
