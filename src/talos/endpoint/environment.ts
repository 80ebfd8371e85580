import { ExitCode, OperatorError } from '../../errors.ts';
import type { Inventory } from '../inventory/types.ts';
import { machinesOf } from '../inventory/types.ts';
import type { GivenSettings } from './settings.ts';
import { readSettings } from './settings.ts';

/** Name of the link where the operator is told of none: the alias that it makes by MAC address. */
const OPERATOR_LINK = 'net0';

/** An inventory with what was given in its place, and what is to be said about it. */
export interface Overridden {
  readonly inventory: Inventory;
  readonly warnings: readonly string[];
}

/** The operator's variables; an empty one is none, as for it. */
export function settingsFrom(
  env: Readonly<Record<string, string | undefined>>,
  flags: GivenSettings = {},
): GivenSettings {
  const variable = (name: string) => {
    const value = env[name];
    return value === undefined || value === '' ? undefined : { value, where: name };
  };
  return {
    mode: flags.mode ?? variable('ENDPOINT_MODE'),
    custom: flags.custom ?? variable('CUSTOM_ENDPOINT'),
    vipLink: flags.vipLink ?? variable('TALOS_VIP_LINK'),
  };
}

/**
 * Puts the settings in the place of what the inventory says.
 * @param lenient what the mode does not use is left out, with a warning, as the operator does
 * @throws OperatorError where the two do not fit together
 */
export function withSettings(
  inventory: Inventory,
  given: GivenSettings,
  lenient: boolean,
): Overridden {
  const read = readSettings(given, lenient);
  const warnings = [...read.warnings];
  const mode = read.mode ?? inventory.endpoint.mode;
  const unused = (what: string): void => {
    const text = `${what} not used by the mode ${mode}`;
    const remedy = 'leave one out, or use --lenient';
    if (!lenient) throw new OperatorError(`${text}; ${remedy}`, ExitCode.usage);
    warnings.push(text);
  };
  if (read.mode !== undefined && read.mode !== inventory.endpoint.mode) {
    const before = inventory.endpoint.mode;
    warnings.push(`${given.mode?.where} = "${mode}" takes the place of ${before}`);
  }
  if (mode !== 'custom' && read.custom.length > 0) unused(`${given.custom?.where} is`);
  if (mode !== 'custom' && inventory.endpoint.custom.length > 0) unused('endpoint.custom is');
  if (mode !== 'talosvip' && inventory.vips.length > 0) unused('vips are');
  const custom = read.custom.length > 0 ? read.custom : inventory.endpoint.custom;
  if (mode === 'custom' && custom.length === 0) {
    throw new OperatorError(
      'the mode custom needs an endpoint; set CUSTOM_ENDPOINT, or endpoint.custom',
      ExitCode.usage,
    );
  }
  const vipLink = read.vipLink ?? fallbackLink(inventory, mode === 'talosvip', lenient, warnings);
  const changed: Inventory = {
    ...inventory,
    endpoint: { ...inventory.endpoint, mode, custom: mode === 'custom' ? custom : [] },
    vips: mode === 'talosvip' ? inventory.vips : [],
    // The operator gives the link this name by its MAC address.
    ...(vipLink !== undefined && { vipLink, vipAlias: vipLink }),
  };
  return { inventory: changed, warnings };
}

function fallbackLink(
  inventory: Inventory,
  isTalosVip: boolean,
  lenient: boolean,
  warnings: string[],
): string | undefined {
  const planes = machinesOf(inventory, 'controlplane');
  const lacks = planes.some(({ link, mac }) => link === undefined && mac === undefined);
  if (!lenient || !isTalosVip || !lacks || inventory.vipLink !== undefined) return undefined;
  warnings.push(`no link is named: ${OPERATOR_LINK} is taken, as TALOS_VIP_LINK is by default`);
  return OPERATOR_LINK;
}
