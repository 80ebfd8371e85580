import { refused } from '../../config/parsed.ts';
import { parseLinkName } from '../../config/values.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { CustomEndpoint } from './custom.ts';
import { parseCustomEndpoint, parseCustomList, withoutDoubles } from './custom.ts';
import type { EndpointMode } from './mode.ts';
import { parseMode, parseModeLeniently } from './mode.ts';

/** A value as it was given, and by what: `ENDPOINT_MODE` or `values.yaml:1:15 endpointMode`. */
export interface GivenSetting {
  readonly value: string;
  readonly where: string;
}

/** The talos-operator's three settings, each where it was given. */
export interface GivenSettings {
  readonly mode?: GivenSetting | undefined;
  readonly custom?: GivenSetting | undefined;
  readonly vipLink?: GivenSetting | undefined;
}

/** The same, read. */
export interface EndpointSettings {
  readonly mode?: EndpointMode;
  /** Empty where none was given: the operator's chart gives an empty text. */
  readonly custom: readonly CustomEndpoint[];
  readonly vipLink?: string;
  readonly warnings: readonly string[];
}

/**
 * Reads the operator's settings.
 * @param lenient as the operator does: an unknown mode is its default, empty entries are dropped
 * @throws OperatorError
 */
export function readSettings(given: GivenSettings, lenient: boolean): EndpointSettings {
  const warnings: string[] = [];
  const mode = given.mode && readMode(given.mode, lenient, warnings);
  const custom = given.custom === undefined ? [] : readCustom(given.custom, lenient);
  const { vipLink } = given;
  if (vipLink !== undefined) {
    const outcome = parseLinkName(vipLink.value);
    if (refused(outcome)) throw refusal(vipLink, outcome.problem, outcome.remedy);
  }
  return {
    custom,
    warnings,
    ...(mode !== undefined && { mode }),
    ...(vipLink !== undefined && { vipLink: vipLink.value }),
  };
}

function readMode(given: GivenSetting, lenient: boolean, warnings: string[]): EndpointMode {
  if (lenient) {
    const { mode, warning } = parseModeLeniently(given.value);
    if (warning !== undefined) warnings.push(`${given.where}: ${warning}`);
    return mode;
  }
  const outcome = parseMode(given.value);
  if (refused(outcome)) throw refusal(given, outcome.problem, outcome.remedy);
  return outcome.value;
}

function readCustom(given: GivenSetting, lenient: boolean): readonly CustomEndpoint[] {
  if (given.value === '') return [];
  if (!lenient) {
    const outcome = parseCustomList(given.value);
    if (refused(outcome)) throw refusal(given, outcome.problem, outcome.remedy);
    return outcome.value;
  }
  const entries = given.value.split(',').map((entry) => entry.trim());
  const filled = entries.filter((entry) => entry !== '');
  if (filled.length === 0) {
    throw refusal(given, 'has no valid endpoint', 'name a load balancer, VIP or DNS name');
  }
  // What the operator takes and Talos refuses afterwards is refused at once.
  const read = filled.map((entry) => {
    const outcome = parseCustomEndpoint(entry);
    if (!refused(outcome)) return outcome.value;
    throw refusal(given, `${JSON.stringify(entry)} ${outcome.problem}`, outcome.remedy);
  });
  return withoutDoubles(read);
}

function refusal({ value, where }: GivenSetting, problem: string, remedy: string): OperatorError {
  return new OperatorError(
    `${where} = ${JSON.stringify(value)}: ${problem}; ${remedy}`,
    ExitCode.usage,
  );
}
