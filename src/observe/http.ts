import type { Emit } from '../events.ts';
import { Listener } from './listener.ts';
import type { Metrics } from './metrics.ts';
import { jsonReply, probeReply, type Routes } from './routes.ts';
import type { ProbeResult, StatusReport } from './status.ts';

export interface HttpServerParts {
  readonly listen: { readonly host: string; readonly port: number };
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  readonly status: () => StatusReport;
  /** Does this daemon work? */
  readonly health: () => ProbeResult;
  /** Could this node take over? */
  readonly ready: () => ProbeResult;
  readonly emit: Emit;
}

/** `/metrics /healthz /readyz /status` over TCP, for reading only. */
export class HttpServer {
  readonly #listen: HttpServerParts['listen'];
  readonly #emit: Emit;
  readonly #listener: Listener;

  constructor(parts: HttpServerParts) {
    this.#listen = parts.listen;
    this.#emit = parts.emit;
    this.#listener = new Listener(routesOf(parts));
  }

  /**
   * Begins to listen. Resolves in any case: a port that is taken is a `listen-failed` event, for no
   * address must stay unheld for want of metrics.
   */
  async start(signal: AbortSignal): Promise<void> {
    const { host, port } = this.#listen;
    try {
      await this.#listener.listen({ host, port }, signal);
      this.#emit({ type: 'listening', listen: hostPort(host, this.#listener.port ?? port) });
    } catch (error) {
      if (signal.aborted) return;
      this.#emit({ type: 'listen-failed', listen: hostPort(host, port), err: error });
    }
  }

  /** The port in use: of interest when port 0 let the kernel choose. */
  get port(): number | undefined {
    return this.#listener.port;
  }

  /** Closes every connection at once. Idempotent. */
  stop(): Promise<void> {
    return this.#listener.stop();
  }
}

function routesOf({ metrics, status, health, ready }: HttpServerParts): Routes {
  return {
    '/metrics': {
      GET: async () => ({
        status: 200,
        contentType: metrics.contentType,
        body: await metrics.text(),
      }),
    },
    '/healthz': { GET: () => probeReply(health()) },
    '/readyz': { GET: () => probeReply(ready()) },
    '/status': { GET: () => jsonReply(200, status()) },
  };
}

/** `host:port`, an IPv6 host in brackets (RFC 3986 §3.2.2). */
function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
