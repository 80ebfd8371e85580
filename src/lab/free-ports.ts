import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { OperatorError } from '../errors.ts';

/** Below the kernel's ephemeral ports (from 32768): no outgoing connection takes one meanwhile. */
const LOWEST = 12_000;
const HIGHEST = 32_000;
const ATTEMPTS_MAX = 1_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * TCP ports on 127.0.0.1 that nobody listened on a moment ago, all different.
 * @throws OperatorError when too few are free.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let attempt = 0; ports.size < count; attempt += 1) {
    if (attempt === ATTEMPTS_MAX) throw new OperatorError('no free TCP ports on 127.0.0.1');
    const port = randomInt(LOWEST, HIGHEST);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}
