import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Abstract unix socket that the daemon holds: one daemon in a network namespace (design §4). It
 * ends with the process that has it, and unlike a file it is seen by all who share the namespace.
 */
const LOCK_NAME = '\0vip-elector';

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
