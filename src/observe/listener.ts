import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { ListenOptions } from 'node:net';
import { serveRoutes, type Routes } from './routes.ts';

/** A scrape needs a few hundred bytes of headers. */
const MAX_HEADER_BYTES = 8192;
/** For a whole request, and for a connection on which none comes. */
const REQUEST_TIMEOUT_MS = 5000;
/** A client that does not read its answer, or sends nothing, loses its connection after this. */
const IDLE_TIMEOUT_MS = 10_000;
const CHECK_EVERY_MS = 1000;
/** Prometheus, a probe or two and a person: far more are an attack or a fault. */
const MAX_CONNECTIONS = 64;

/**
 * An HTTP server with small limits, over TCP or a unix socket: reading about the daemon must never
 * cost it memory, descriptors or its good end.
 */
export class Listener {
  readonly #server: Server;
  #stopping: Promise<void> | undefined;

  constructor(routes: Routes) {
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: CHECK_EVERY_MS,
      },
      serveRoutes(routes),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.timeout = IDLE_TIMEOUT_MS;
    // `listen` hears of errors itself; what fails later must not end the process.
    this.#server.on('error', () => undefined);
  }

  /**
   * Begins to listen; stops when the signal aborts.
   * @throws Error with `code`: EADDRINUSE, EADDRNOTAVAIL, EACCES, …; AbortError
   */
  async listen(options: ListenOptions, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    // Runs at once, but a throw for unusable options becomes a rejection like any other.
    const begin = async (): Promise<void> => void this.#server.listen(options);
    try {
      await Promise.all([once(this.#server, 'listening', { signal }), begin()]);
    } catch (error) {
      await this.stop();
      throw error;
    }
    signal.addEventListener('abort', () => void this.stop(), { once: true });
  }

  /** Of TCP, once it listens: the port that the kernel chose for port 0. */
  get port(): number | undefined {
    const address = this.#server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  /** Closes every connection at once. Idempotent; resolves when all is closed. */
  stop(): Promise<void> {
    this.#stopping ??= new Promise((resolve) => {
      // Its error only says that it was not listening: then it is stopped already.
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    return this.#stopping;
  }
}
