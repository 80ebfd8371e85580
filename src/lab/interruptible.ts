import { OperatorError } from '../errors.ts';

/** What ends a lab early, and yet orderly. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does work that a signal to this process aborts, so that it can clean up.
 * @param say told once that it does
 * @returns what the work returns; its signal's reason is an OperatorError that names the signal
 */
export async function interruptible<T>(
  say: (line: string) => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!interrupt.signal.aborted) say(`${signal}: cleaning up`);
    interrupt.abort(new OperatorError(`interrupted by ${signal}`));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(interrupt.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
