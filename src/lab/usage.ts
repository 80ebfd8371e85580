import { readFile } from 'node:fs/promises';

/** Memory and CPU time of a process. */
export interface Usage {
  /** Resident memory in MiB (VmRSS). */
  readonly rssMib: number;
  /** CPU time used since its start, in user and kernel mode, in milliseconds. */
  readonly cpuMs: number;
}

/** USER_HZ, in which /proc/<pid>/stat counts: 100 on every architecture that Node runs on. */
const TICK_MS = 10;
/** proc_pid_stat(5): utime and stime are fields 14 and 15; after the parenthesis begins field 3. */
const UTIME = 14 - 3;
const STIME = 15 - 3;
const STARTTIME = 22 - 3;

/** @throws ENOENT when there is no such process */
export async function readUsage(pid: number): Promise<Usage> {
  const [status, stat] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
  ]);
  const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  const fields = statFields(stat);
  const ticks = Number(fields[UTIME]) + Number(fields[STIME]);
  return { rssMib: kib / 1024, cpuMs: ticks * TICK_MS };
}

/**
 * What tells a process from a later one with the same pid: ticks since boot at which it began.
 * Undefined when there is no such process.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat === undefined ? undefined : statFields(stat)[STARTTIME];
}

/** The fields from the third on. The second, the name, may contain spaces and parentheses. */
function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
