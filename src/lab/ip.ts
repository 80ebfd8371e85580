import { execFile, spawn } from 'node:child_process';
import { OperatorError } from '../errors.ts';

/** No call of `ip` takes longer than milliseconds; one that does is stuck on the kernel's RTNL lock. */
const TIMEOUT_MS = 10_000;

/** A call of `ip` failed. */
export class IpError extends Error {
  override name = 'IpError';
}

/**
 * Runs `ip` and resolves with what it printed.
 * @throws IpError with its standard error; OperatorError when there is no `ip`
 */
export function ip(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('ip', args, { timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(toError(args.join(' '), error, stderr));
    });
  });
}

/**
 * Runs lines of `ip` commands within a namespace, in order, in one process; stops at the first that
 * fails.
 * @throws as `ip`
 */
export function ipBatch(namespace: string, lines: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('ip', ['-n', namespace, '-batch', '-'], {
      stdio: ['pipe', 'ignore', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    const what = `-n ${namespace} -batch: ${lines.join('; ')}`;
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.once('error', (error) => reject(toError(what, error, stderr)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(toError(what, new Error(`exit ${code ?? signal}`), stderr));
    });
    // A process that ended early closes the pipe; its exit code above tells the reason.
    child.stdin.once('error', (error) => reject(toError(what, error, stderr)));
    child.stdin.end(`${lines.join('\n')}\n`);
  });
}

function toError(what: string, error: Error, stderr: string): Error {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
    return new OperatorError('the lab needs `ip`: install the package iproute2');
  }
  return new IpError(`ip ${what}: ${stderr.trim() || error.message}`, { cause: error });
}
