import { connect } from 'node:net';
import type { Probe } from './types.ts';

/** A connection that is accepted, and closed at once. */
export function tcpProbe(name: string, host: string, port: number): Probe {
  const ask = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host, port });
      const onAbort = (): void => {
        socket.destroy(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      socket.once('close', () => signal.removeEventListener('abort', onAbort));
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.destroy();
        resolve();
      });
    });
  return { name, ask };
}
