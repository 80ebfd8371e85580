import type { Parsed } from '../config/parsed.ts';
import { refused } from '../config/parsed.ts';
import { ExitCode, OperatorError } from '../errors.ts';

/**
 * The value of a flag.
 * @throws OperatorError (exit 2) naming flag, value and what would be right
 */
export function readFlag<T>(flag: string, given: string, parse: (text: string) => Parsed<T>): T {
  const outcome = parse(given);
  if (!refused(outcome)) return outcome.value;
  const { problem, remedy } = outcome;
  const shown = `${flag} = ${JSON.stringify(given)}`;
  throw new OperatorError(`${shown}: ${problem}; ${remedy}`, ExitCode.usage);
}
