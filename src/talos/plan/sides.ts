import type { EndpointMode } from '../endpoint/mode.ts';
import { parseMode } from '../endpoint/mode.ts';
import { resolveEndpoint } from '../endpoint/resolve.ts';
import type { ResolvedEndpoint } from '../endpoint/resolve.ts';
import { refused } from '../../config/parsed.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Inventory } from '../inventory/types.ts';

/** What a migration begins or ends with. */
export interface Side {
  readonly inventory: Inventory;
  readonly endpoint: ResolvedEndpoint;
}

/** A name of a mode, which the inventory is to be read in, or the inventory of that side itself. */
export type Named = { readonly mode: string } | { readonly inventory: Inventory };

/**
 * The side that a mode or an inventory of its own names.
 * @param base the inventory that a mode is read with
 * @throws OperatorError for what is no mode, or lacks what the mode needs
 */
export function sideOf(flag: string, named: Named, base: Inventory): Side {
  const inventory =
    'mode' in named ? inMode(base, modeOf(flag, named.mode), flag) : named.inventory;
  return { inventory, endpoint: resolveEndpoint(inventory) };
}

function modeOf(flag: string, text: string): EndpointMode {
  const outcome = parseMode(text);
  if (!refused(outcome)) return outcome.value;
  const { problem, remedy } = outcome;
  const said = `${flag} = ${JSON.stringify(text)}: ${problem} and no file; ${remedy}`;
  throw new OperatorError(said, ExitCode.usage);
}

/** The same machines in another mode; what that mode does not use is not there. */
function inMode(base: Inventory, mode: EndpointMode, flag: string): Inventory {
  const { endpoint, vips } = base;
  const lacks =
    (mode === 'talosvip' && vips.length === 0) ||
    (mode === 'custom' && endpoint.custom.length === 0) ||
    (mode === 'networkconfiguration' && endpoint.loadBalancerIps.length === 0);
  if (lacks) {
    const remedy = `name the inventory of that side instead: ${flag} old.yaml`;
    throw new OperatorError(
      `${flag} = ${mode}: the inventory does not say its addresses; ${remedy}`,
      ExitCode.usage,
    );
  }
  return {
    ...base,
    vips: mode === 'talosvip' ? vips : [],
    endpoint: {
      mode,
      custom: mode === 'custom' ? endpoint.custom : [],
      loadBalancerIps: mode === 'networkconfiguration' ? endpoint.loadBalancerIps : [],
    },
  };
}
