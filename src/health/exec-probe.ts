import type { Clock } from '../clock.ts';
import { runCommand } from '../hooks/command.ts';
import type { Probe } from './types.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A program that exits with 0; killed with all that it started when its time is over. */
export function execProbe(
  name: string,
  {
    program,
    group,
    timeoutMs,
    clock,
  }: {
    readonly program: string;
    /** Told to it in its environment. */
    readonly group: string;
    readonly timeoutMs: number;
    readonly clock: Clock;
  },
): Probe {
  const env = { PATH, VIP_ELECTOR_GROUP: group };
  const ask = async (signal: AbortSignal): Promise<void> => {
    const err = await runCommand({ program, env, timeoutMs, clock, signal });
    if (err !== undefined) throw new Error(err);
  };
  return { name, ask };
}
