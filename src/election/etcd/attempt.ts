import type { Connection } from './connection.ts';
import { failureOf } from './failure.ts';
import type { CallContext } from './grpc.ts';
import type { Login } from './login.ts';

/** One call on a connection. */
export type Send = (connection: Connection, context: CallContext) => Promise<unknown>;

interface Way {
  readonly connection: Connection;
  readonly login: Login | undefined;
  /** For the errors. */
  readonly url: string;
}

/**
 * Sends once, with a token where there is a login; once more with a new token when etcd has refused a
 * stale one unseen.
 */
export async function attempt(
  { connection, login, url }: Way,
  send: Send,
  context: CallContext,
): Promise<unknown> {
  if (!login) return send(connection, context);
  const withToken = async (): Promise<CallContext> => {
    const token = await login.token(connection);
    return token ? { ...context, metadata: { ...context.metadata, token } } : context;
  };
  try {
    return await send(connection, await withToken());
  } catch (thrown) {
    if (context.signal.aborted || !failureOf(thrown, url).staleToken) throw thrown;
    login.forget();
    return send(connection, await withToken());
  }
}
