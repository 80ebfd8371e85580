import { systemClock } from '../../clock.ts';
import { parseDuration } from '../../config/duration.ts';
import { refused } from '../../config/parsed.ts';
import { ExitCode, OperatorError } from '../../errors.ts';
import type { Patience } from '../../talos/live/waiting.ts';

const text = { type: 'string', requiresArg: true, nargs: 1 } as const;

/** What a command that changes machines is given. */
export interface WaitArguments {
  readonly wait: string;
  readonly every: string;
  readonly yes: boolean;
}

export const waitOptions = {
  wait: { ...text, default: '10m', describe: 'give up after this' },
  every: { ...text, default: '3s', describe: 'look so often' },
  yes: { type: 'boolean', default: false, describe: 'do not ask' },
} as const;

/** @throws OperatorError naming the flag */
export function durationOf(flag: string, given: string): number {
  const outcome = parseDuration(given);
  if (!refused(outcome)) return outcome.value;
  const said = `${outcome.problem}; ${outcome.remedy}`;
  throw new OperatorError(`${flag} = ${JSON.stringify(given)}: ${said}`, ExitCode.usage);
}

/** @throws OperatorError naming the flag */
export function patienceOf({ wait, every }: WaitArguments, signal: AbortSignal): Patience {
  const withinMs = durationOf('--wait', wait);
  return { clock: systemClock, signal, withinMs, everyMs: durationOf('--every', every) };
}
