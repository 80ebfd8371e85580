import type { Options } from 'yargs';
import { count, type Finding } from '../../check/finding.ts';
import { ExitCode } from '../../errors.ts';
import { loadInventory } from '../../talos/inventory/load.ts';
import type { Inventory } from '../../talos/inventory/types.ts';
import { Talosctl } from '../../talos/talosctl/talosctl.ts';
import { checkText } from '../check-view.ts';
import type { Io } from '../options.ts';

/** What every command that asks machines is given. */
export interface LiveArguments {
  readonly file: string;
  readonly talosconfig: string | undefined;
  readonly json: boolean;
}

export const liveOptions = {
  talosconfig: {
    type: 'string',
    requiresArg: true,
    nargs: 1,
    describe: 'talosconfig for talosctl (default: it chooses)',
  },
  json: { type: 'boolean', default: false, describe: 'print JSON for programs' },
} satisfies Readonly<Record<string, Options>>;

/** What a command asks with. */
export interface Live {
  readonly inventory: Inventory;
  readonly talosctl: Talosctl;
  /** A talosctl that may take longer, for what waits. */
  readonly patient: (withinMs: number) => Talosctl;
  readonly signal: AbortSignal;
}

/** @throws OperatorError for an inventory that is none */
export async function liveOf(
  { file, talosconfig }: Pick<LiveArguments, 'file' | 'talosconfig'>,
  io: Io,
): Promise<Live> {
  const given = { env: io.env, ...(talosconfig !== undefined && { talosconfig }) };
  return {
    inventory: await loadInventory(file),
    talosctl: new Talosctl(given),
    patient: (withinMs) => new Talosctl({ ...given, withinMs }),
    // SIGINT ends this process, and talosctl with it: nothing else has to be undone.
    signal: new AbortController().signal,
  };
}

/** Prints findings, and sets exit code 3 where one of them fails. */
export function printFindings(
  findings: readonly Finding[],
  { json }: Pick<LiveArguments, 'json'>,
  io: Io,
): void {
  if (json) io.stdout(`${JSON.stringify(findings, null, 2)}\n`);
  else io.stdout(checkText(findings, { colours: false }));
  if (count(findings).fail > 0) process.exitCode = ExitCode.checkFailed;
}
