import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * Abstract unix socket that the daemon holds: one daemon in a network namespace (design §4). It
 * ends with the process that has it, and unlike a file it is seen by all who share the namespace.
 */
const LOCK_NAME = '\0vip-elector';

/** proc(5): the sockets of this network namespace, a NUL in an abstract name shown as `@`. */
const UNIX_SOCKETS = '/proc/net/unix';

/**
 * Whether a daemon, or `cleanup`, has the lock of this network namespace. Only looks: to take it and
 * give it back would refuse a daemon that starts in this moment.
 */
export function isDaemonLockTaken(sockets = readFileSync(UNIX_SOCKETS, 'utf8')): boolean {
  // Node 20 fills the name up with NULs, to the 107 that fit.
  return / @vip-elector@*$/m.test(sockets);
}

/**
 * Takes the lock of this network namespace, so that no daemon starts meanwhile.
 * @returns the way to give it back; undefined while a daemon has it
 */
export async function takeDaemonLock(): Promise<(() => Promise<void>) | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen(LOCK_NAME);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  return async () => {
    const closed = once(server, 'close');
    server.close();
    await closed;
  };
}
