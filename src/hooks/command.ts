import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';

export interface CommandParts {
  /** Absolute path of the program; it gets no arguments. */
  readonly program: string;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** It and all that it has started are killed after this, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Aborts: killed at once. */
  readonly signal: AbortSignal;
}

/** What is kept of what it says: enough for the line in which a script names its trouble. */
const SAID_MAX_CHARACTERS = 500;

/**
 * Runs a program to its end, in a process group of its own. It reads nothing, and what it writes to its
 * standard output goes nowhere.
 * @returns undefined when it exited with 0, else how it failed, in words
 */
export async function runCommand(parts: CommandParts): Promise<string | undefined> {
  const { program, env, timeoutMs, clock, signal } = parts;
  if (signal.aborted) return 'was not started: the daemon stops';
  const child = spawn(program, [], { stdio: ['ignore', 'ignore', 'pipe'], env, detached: true });
  // At once: what could not be started for want of descriptors has no pipe, and its error comes next.
  const ended = endOf(child);
  const stderr: Readable | null | undefined = child.stderr;
  let said = '';
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, SAID_MAX_CHARACTERS);
  });
  let killed: string | undefined;
  const kill = (why: string): void => {
    killed ??= why;
    killGroup(child.pid);
    // Whoever left the group may still hold the other end: nobody waits for that.
    stderr?.destroy();
  };
  const cancel = clock.timer(timeoutMs, () => kill(`was killed after ${timeoutMs} ms`));
  const onAbort = (): void => kill('was killed: the daemon stops');
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const by = await ended;
    const how = killed ?? by;
    const words = said.trim();
    return how === undefined || words === '' ? how : `${how}: ${words}`;
  } finally {
    cancel();
    signal.removeEventListener('abort', onAbort);
    stderr?.destroy();
  }
}

/** Resolves when the program has ended: undefined when with 0, else how, in words. */
function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`cannot be run: ${error.message}`));
    child.once('exit', (code, by) => {
      if (code !== 0) resolve(by === null ? `exited with ${code}` : `was ended by ${by}`);
      else resolve(undefined);
    });
  });
}

/** What a program that has changed its user refuses us (EPERM) is left to it: nobody waits for its end. */
const NOT_OURS = new Set(['ESRCH', 'EPERM']);

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!NOT_OURS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
