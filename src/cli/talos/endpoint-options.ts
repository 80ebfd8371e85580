import type { Options } from 'yargs';
import { settingsFrom, withSettings } from '../../talos/endpoint/environment.ts';
import type { ResolvedEndpoint } from '../../talos/endpoint/resolve.ts';
import { resolveEndpoint } from '../../talos/endpoint/resolve.ts';
import { loadInventory } from '../../talos/inventory/load.ts';
import type { Inventory } from '../../talos/inventory/types.ts';
import type { Io } from '../options.ts';

const text = { type: 'string', requiresArg: true, nargs: 1 } as const;

/** How a command is told of the endpoint besides by the inventory. */
export const endpointOptions = {
  mode: { ...text, describe: 'none, networkconfiguration, talosvip or custom [ENDPOINT_MODE]' },
  custom: { ...text, describe: 'endpoints of the mode custom, by commas [CUSTOM_ENDPOINT]' },
  'vip-link': { ...text, describe: 'link of the VIP, or its alias by MAC [TALOS_VIP_LINK]' },
  lenient: {
    type: 'boolean',
    default: false,
    describe: 'do as the operator does: fall back to its defaults, with a warning',
  },
} as const satisfies Record<string, Options>;

/** What yargs makes of them. */
export interface EndpointArguments {
  mode: string | undefined;
  custom: string | undefined;
  'vip-link': string | undefined;
  lenient: boolean;
}

/** Inventory and endpoint by flags, environment and file, in this order; says the warnings. */
export async function clusterFrom(
  file: string,
  argv: EndpointArguments,
  io: Io,
): Promise<{ readonly inventory: Inventory; readonly endpoint: ResolvedEndpoint }> {
  const flag = (name: 'mode' | 'custom' | 'vip-link') => {
    const value = argv[name];
    return value === undefined ? undefined : { value, where: `--${name}` };
  };
  const flags = { mode: flag('mode'), custom: flag('custom'), vipLink: flag('vip-link') };
  const given = settingsFrom(io.env, flags);
  const { inventory, warnings } = withSettings(await loadInventory(file), given, argv.lenient);
  const endpoint = resolveEndpoint(inventory, { lenient: argv.lenient });
  for (const warning of warnings) io.stderr(`vip-elector: warning: ${warning}\n`);
  return { inventory, endpoint };
}
