import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { describe } from '../errors.ts';
import type { ProbeResult } from './status.ts';

/** What a route answers. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Header `Allow`, which RFC 9110 §15.5.6 wants with a 405. */
  readonly allow?: string;
  /** Header `Content-Security-Policy`, of a page. */
  readonly policy?: string;
}

/** An answer that has no end of its own. */
export interface StreamReply {
  /** Writes head and body, and ends the response at some time. */
  readonly open: (response: ServerResponse) => void;
}

export type Answer = Reply | StreamReply;
export type Handler = (request: IncomingMessage) => Answer | Promise<Answer>;

/** Path → method → handler. A GET route answers HEAD too. */
export type Routes = Readonly<Record<string, Route>>;
export type Route = Partial<Readonly<Record<'GET' | 'POST', Handler>>>;

/** JSON on one line of its own. */
export function jsonReply(status: number, value: unknown): Reply {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

/** 200, or 503 with the reason. */
export function probeReply({ ok, detail }: ProbeResult): Reply {
  return jsonReply(ok ? 200 : 503, { ok, detail });
}

/**
 * Serves a table of routes: 404 for other paths, 405 for other methods, 500 when a handler throws.
 * Every connection is closed after its answer, so that nobody can keep one of the few there are; a
 * stream bounds its listeners itself.
 */
export function serveRoutes(routes: Routes): RequestListener {
  return (request, response) => {
    // A client that goes away is its own business; unheard, the error would end the process.
    response.on('error', () => undefined);
    answer(routes, request).then(
      (reply) => {
        if (!('open' in reply)) send(response, reply);
        else if (request.method === 'HEAD') response.writeHead(200, { Connection: 'close' }).end();
        else reply.open(response);
      },
      (error: unknown) => send(response, jsonReply(500, { error: describe(error) })),
    );
  };
}

async function answer(routes: Routes, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) {
    return jsonReply(404, { error: 'not found', paths: Object.keys(routes) });
  }
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const handler = method === 'GET' || method === 'POST' ? route[method] : undefined;
  if (handler !== undefined) return handler(request);
  const methods = [
    ...(route.GET === undefined ? [] : ['GET', 'HEAD']),
    ...(route.POST ? ['POST'] : []),
  ];
  return { ...jsonReply(405, { error: 'method not allowed' }), allow: methods.join(', ') };
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, {
    'Content-Type': reply.contentType,
    'Content-Length': Buffer.byteLength(reply.body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
    ...(reply.allow === undefined ? {} : { Allow: reply.allow }),
    ...(reply.policy === undefined ? {} : { 'Content-Security-Policy': reply.policy }),
  });
  response.end(reply.body);
}
