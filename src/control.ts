import type { IncomingMessage } from 'node:http';
import { describe, OperatorError } from './errors.ts';
import { jsonReply, type Handler, type Reply, type Routes } from './observe/routes.ts';
import type { Parts } from './parts.ts';

/** Wants of a call, in its query. */
function queryOf({ url = '/' }: IncomingMessage): URLSearchParams {
  return new URL(url, 'http://socket').searchParams;
}

/** 200 with what came of it; 409 with the reason where it is refused. */
async function replyWith(work: () => Promise<unknown>): Promise<Reply> {
  try {
    return jsonReply(200, await work());
  } catch (error) {
    return jsonReply(error instanceof OperatorError ? 409 : 500, { error: describe(error) });
  }
}

/**
 * What changes the daemon's state: only through the unix socket in the runtime directory (design §7).
 * @param signal of the running daemon: ends what is under way
 */
export function controlRoutes(
  parts: Pick<Parts, 'handover' | 'drain'>,
  signal: AbortSignal,
): Routes {
  const { handover, drain } = parts;
  const onHandover: Handler = (request) => {
    const query = queryOf(request);
    const group = query.get('group') ?? undefined;
    const to = query.get('to') ?? undefined;
    const force = query.has('force');
    return replyWith(() => handover.request({ group, to, force }, signal));
  };
  const onDrain: Handler = (request) =>
    replyWith(() => drain.drain(queryOf(request).has('force'), signal));
  const onUndrain: Handler = () => replyWith(async () => drain.undrain());
  return {
    '/handover': { POST: onHandover },
    '/drain': { POST: onDrain },
    '/undrain': { POST: onUndrain },
  };
}
