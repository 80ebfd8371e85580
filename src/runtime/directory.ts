import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, OperatorError } from '../errors.ts';
import { flockExclusive } from '../libc.ts';

const LOCK_FILE = 'lock';

/**
 * Makes the runtime directory (0700) and takes its lock, which ends with the process.
 * @throws OperatorError when it cannot be made or another daemon has it
 */
export function lockRuntimeDirectory(directory: string): void {
  let fd: number;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    fd = openSync(join(directory, LOCK_FILE), 'w', 0o600);
  } catch (error) {
    throw new OperatorError(
      `cannot use the runtime directory ${directory}: ${describe(error)}; ` +
        'choose another with --runtime-dir',
      undefined,
      { cause: error },
    );
  }
  if (flockExclusive(fd)) return;
  throw new OperatorError(
    `another vip-elector uses ${directory}: one daemon a host; give it more groups instead, ` +
      'or stop it first',
  );
}
