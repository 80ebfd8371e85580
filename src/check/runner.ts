import type { Clock } from '../clock.ts';
import { ConfigError, describe } from '../errors.ts';
import { fail, type Finding } from './finding.ts';

/** One thing to look at, on its own: what it finds rests on no other check. */
export interface Check {
  /** Of what it says when it could not look; mostly the name of its findings. */
  readonly name: string;
  /** It is given up after this, in milliseconds. */
  readonly withinMs: number;
  /**
   * Looks, changes nothing, and judges. What it throws is a finding, too.
   * @param signal aborts when it is given up
   */
  readonly look: (signal: AbortSignal) => Promise<readonly Finding[]>;
}

const TOO_LATE_REMEDY = 'try again; when it stays so, the kernel or the machine is overloaded';
const UNEXPECTED_REMEDY = 'put right what is named; when that makes no sense, report it';

/**
 * Does all checks at the same time.
 * @returns their findings, in the order of the checks
 * @throws the signal's reason when it aborts first
 */
export async function runChecks(
  checks: readonly Check[],
  clock: Clock,
  signal: AbortSignal,
): Promise<Finding[]> {
  const found = await Promise.all(checks.map((check) => outcome(check, clock, signal)));
  signal.throwIfAborted();
  return found.flat();
}

/** What one check finds, within its time. Rejects only when the signal aborts. */
async function outcome(
  { name, withinMs, look }: Check,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  signal.throwIfAborted();
  const given = new AbortController();
  const ended = new AbortController();
  const late = clock.sleep(withinMs, AbortSignal.any([signal, ended.signal])).then(() => {
    given.abort(new Error('it took too long'));
    return [fail(name, `was not seen within ${withinMs} ms`, TOO_LATE_REMEDY)];
  });
  try {
    const looking = look(AbortSignal.any([signal, given.signal]));
    return await Promise.race([looking, late]);
  } catch (error) {
    signal.throwIfAborted();
    return thrown(name, error);
  } finally {
    // The other one of the race may end by it, with nobody there to hear of it.
    late.catch(() => undefined);
    ended.abort(new Error('it has ended'));
  }
}

function thrown(name: string, error: unknown): Finding[] {
  if (!(error instanceof ConfigError)) {
    return [fail(name, `could not be looked at: ${describe(error)}`, UNEXPECTED_REMEDY)];
  }
  return error.problems.map(({ field, value, problem, remedy }) =>
    fail(
      name,
      `${field}${value === undefined ? '' : ` = ${JSON.stringify(value)}`} ${problem}`,
      remedy,
    ),
  );
}
