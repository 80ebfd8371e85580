import type { Clock } from '../clock.ts';
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
  /** More to read, by path. */
  readonly routes?: Routes;
  readonly emit: Emit;
  readonly clock: Clock;
}

/**
 * A port that is taken is asked for again after this, twice as long each time, up to the maximum: by
 * then Prometheus, which scrapes each 15 s to 60 s, has missed a scrape or two more.
 */
const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 30_000;

/** `/metrics /healthz /readyz /status` and the page over TCP, for reading only. */
export class HttpServer {
  readonly #parts: HttpServerParts;
  readonly #stopping = new AbortController();
  #listener: Listener;
  #retrying: Promise<void> = Promise.resolve();

  constructor(parts: HttpServerParts) {
    this.#parts = parts;
    this.#listener = new Listener(routesOf(parts));
  }

  /**
   * Begins to listen. Resolves after the first try in any case: a port that is taken is a
   * `listen-failed` event, said once, for no address must stay unheld for want of metrics. It is tried
   * again until it succeeds, which is a `listening` event, or the signal aborts.
   */
  async start(signal: AbortSignal): Promise<void> {
    const both = AbortSignal.any([signal, this.#stopping.signal]);
    const { listen, emit } = this.#parts;
    const failure = await this.#listen(both);
    if (failure === undefined || both.aborted) return;
    emit({ type: 'listen-failed', listen: hostPort(listen.host, listen.port), err: failure });
    this.#retrying = this.#retry(both);
  }

  /** One try. Returns why it failed. */
  async #listen(signal: AbortSignal): Promise<unknown> {
    const { listen, emit } = this.#parts;
    const { host, port } = listen;
    try {
      await this.#listener.listen({ host, port }, signal);
    } catch (error) {
      return error;
    }
    emit({ type: 'listening', listen: hostPort(host, this.#listener.port ?? port) });
    return undefined;
  }

  async #retry(signal: AbortSignal): Promise<void> {
    for (let waitMs = RETRY_MIN_MS; ; waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)) {
      try {
        await this.#parts.clock.sleep(waitMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      // One that could not listen is stopped for good.
      this.#listener = new Listener(routesOf(this.#parts));
      if ((await this.#listen(signal)) === undefined || signal.aborted) return;
    }
  }

  /** The port in use: of interest when port 0 let the kernel choose. */
  get port(): number | undefined {
    return this.#listener.port;
  }

  /** Closes every connection at once, and tries no more. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the server stops'));
    await this.#retrying;
    await this.#listener.stop();
  }
}

function routesOf({ metrics, status, health, ready, routes }: HttpServerParts): Routes {
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
    ...routes,
  };
}

/** `host:port`, an IPv6 host in brackets (RFC 3986 §3.2.2). */
function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
