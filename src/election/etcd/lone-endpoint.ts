import type { Clock } from '../../clock.ts';
import { StoreError } from '../store.ts';
import type { Access } from './access.ts';
import { Connection } from './connection.ts';
import { Endpoint } from './endpoint.ts';
import { Login } from './login.ts';

export interface LoneParts extends Access {
  readonly clock: Clock;
}

/**
 * Opens one endpoint, and only that, lets it be used, and closes it whatever comes of it. Nobody is told
 * how it fares.
 * @param why what it is closed with, for calls that are still under way
 * @throws what `use` throws
 */
export async function withLoneEndpoint<T>(
  url: string,
  { clock, credentials, login }: LoneParts,
  why: string,
  use: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  const endpoint = new Endpoint({
    url,
    clock,
    emit: () => undefined,
    connect: () => new Connection(url, credentials),
    ...(login && { login: new Login(login, clock, url, done.signal) }),
    closed: done.signal,
    onChange: () => undefined,
  });
  try {
    return await use(endpoint);
  } finally {
    done.abort(new StoreError('CANCELLED', url, why));
    endpoint.close();
  }
}
