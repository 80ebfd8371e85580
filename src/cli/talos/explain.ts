import type { CommandModule } from 'yargs';
import { ExitCode, OperatorError } from '../../errors.ts';
import { machinesOf } from '../../talos/inventory/types.ts';
import { explainVip } from '../../talos/live/explain.ts';
import { lookAt } from '../../talos/live/look.ts';
import { checkText } from '../check-view.ts';
import type { Io } from '../options.ts';
import type { LiveArguments } from './live-options.ts';
import { liveOf, liveOptions } from './live-options.ts';
import { inventoryPositional } from './plan-output.ts';

/** `vip-elector talos explain FILE`: why somebody, or nobody, has the VIP. */
export function explainCommand(io: Io): CommandModule<object, LiveArguments> {
  return {
    command: 'explain <file>',
    aliases: ['doctor'],
    describe: 'say why nobody, or who, has the VIP, and what to put right first',
    builder: (yargs) => yargs.positional('file', inventoryPositional).options(liveOptions),
    handler: async (argv) => {
      const { inventory, talosctl, signal } = await liveOf(argv, io);
      if (inventory.vips.length === 0) {
        const text = `${argv.file}: vips is missing; without a VIP there is nothing to explain`;
        throw new OperatorError(text, ExitCode.usage);
      }
      const planes = machinesOf(inventory, 'controlplane');
      const looks = await Promise.all(planes.map((plane) => lookAt(talosctl, plane, signal)));
      const all = inventory.vips.map((vip) => explainVip(vip, looks, inventory));
      if (argv.json) io.stdout(`${JSON.stringify(all, null, 2)}\n`);
      for (const { conclusion, findings } of argv.json ? [] : all) {
        io.stdout(`${conclusion}\n\n${checkText(findings, { colours: false })}`);
      }
      if (all.some(({ owners }) => owners.length !== 1)) process.exitCode = ExitCode.checkFailed;
    },
  };
}
