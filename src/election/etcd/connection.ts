import { Etcd3 } from 'etcd3';
import { CANCELLED, grpcError, UNAVAILABLE } from './grpc.ts';
import type { CallContext, GrpcError, GrpcStream } from './grpc.ts';

/** PEM texts, as read from their files. */
export interface Credentials {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** Name to check in the server's certificate instead of the endpoint's host. */
  readonly serverName?: string;
}

export type Service = 'KV' | 'Lease' | 'Watch' | 'Auth' | 'Maintenance' | 'Cluster';

interface Metadata {
  set(key: string, value: string): void;
}
type Options = { deadline?: Date };
type UnaryMethod = (
  request: object,
  metadata: Metadata,
  options: Options,
  callback: (error: GrpcError | null, reply: unknown) => void,
) => { cancel(): void };
type StreamMethod = (metadata: Metadata, options: Options) => GrpcStream;
interface Stub {
  readonly client: Readonly<Record<string, UnaryMethod & StreamMethod>>;
  readonly metadata: Metadata;
}

/**
 * `exec()` of etcd3 retries, breaks circuits and closes the channels of a host on any recoverable
 * error, its own cancellations among them; its login opens a channel that it never closes. So only
 * its connection pool is used, for the stub of a service: nothing of the above is on that path.
 */
class Channels extends Etcd3 {
  stub(service: Service): Promise<Stub> {
    return this.pool.withConnection(
      service,
      ({ client, metadata }) => ({ client, metadata }) as unknown as Stub,
    );
  }
}

/** Reconnection and pings: reliability.md §1.6 and §1.7 (measured; etcd refuses pings under 5 s). */
const GRPC_OPTIONS = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.enable_retries': 0,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 2_000,
  // grpc-js obeys http_proxy of the environment otherwise.
  'grpc.enable_http_proxy': 0,
};

/** etcd's client port (IANA), where an endpoint names none. */
const DEFAULT_PORT = 2379;

/**
 * The connection to one endpoint: a channel for each service, all of them on one TCP connection,
 * made at the first call and made again by gRPC when it breaks.
 */
export class Connection {
  readonly #channels: Channels;
  #active = 0;
  #retired = false;

  /** @throws Error when a certificate or key is not usable. */
  constructor(endpoint: string, credentials: Credentials) {
    const { serverName } = credentials;
    this.#channels = new Channels({
      hosts: withPort(endpoint),
      ...(endpoint.startsWith('https:') && { credentials: sslOf(credentials) }),
      grpcOptions: {
        ...GRPC_OPTIONS,
        ...(serverName !== undefined && {
          'grpc.ssl_target_name_override': serverName,
          'grpc.default_authority': serverName,
        }),
      },
    });
  }

  /**
   * One request, one reply. Nothing is ever repeated.
   * @throws GrpcError
   */
  unary(service: Service, method: string, request: object, context: CallContext): Promise<unknown> {
    return this.#use(async () => {
      const { client, metadata } = await this.#stub(service, context);
      return new Promise((resolve, reject) => {
        if (!client[method]) throw new Error(`etcd has no ${service}.${method}`);
        const cancel = (): void => call.cancel();
        const call = client[method](request, metadata, optionsOf(context), (error, reply) => {
          context.signal.removeEventListener('abort', cancel);
          if (error) reject(error);
          else resolve(reply);
        });
        context.signal.addEventListener('abort', cancel, { once: true });
      });
    });
  }

  /**
   * One request and the first reply of a stream that is closed then.
   * @throws GrpcError
   */
  first(service: Service, method: string, request: object, context: CallContext): Promise<unknown> {
    return this.stream(service, method, context, (stream, settle) => {
      stream.on('data', settle.resolve);
      stream.write(request);
    });
  }

  /**
   * Opens a stream and hands it to `run`, which settles it; it is cancelled then. An error or the
   * end of the stream rejects, and so does aborting the signal.
   * @throws GrpcError
   */
  stream(
    service: Service,
    method: string,
    context: CallContext,
    run: (
      stream: GrpcStream,
      settle: { resolve: (value: unknown) => void; reject: (error: unknown) => void },
    ) => void,
  ): Promise<unknown> {
    return this.#use(async () => {
      const { client, metadata } = await this.#stub(service, context);
      const stream = client[method]?.(metadata, optionsOf(context));
      if (!stream) throw new Error(`etcd has no ${service}.${method}`);
      const cancel = (): void => stream.cancel();
      context.signal.addEventListener('abort', cancel, { once: true });
      try {
        return await new Promise((resolve, reject) => {
          // Stays after settling: an error event that nobody hears would end the process.
          stream.on('error', reject);
          stream.on('end', () => reject(grpcError(UNAVAILABLE, 'stream ended')));
          run(stream, { resolve, reject });
        });
      } finally {
        context.signal.removeEventListener('abort', cancel);
        stream.cancel();
      }
    });
  }

  /** Closes when its last call has ended; new calls belong on a new connection. */
  retire(): void {
    this.#retired = true;
    if (this.#active === 0) this.close();
  }

  /** Closes at once. Idempotent. */
  close(): void {
    this.#channels.close();
  }

  async #stub(service: Service, { metadata: entries, signal }: CallContext): Promise<Stub> {
    const stub = await this.#channels.stub(service);
    if (signal.aborted) throw grpcError(CANCELLED, 'aborted');
    for (const [key, value] of Object.entries(entries)) stub.metadata.set(key, value);
    return stub;
  }

  async #use<T>(work: () => Promise<T>): Promise<T> {
    this.#active += 1;
    try {
      return await work();
    } finally {
      this.#active -= 1;
      if (this.#retired && this.#active === 0) this.close();
    }
  }
}

function optionsOf({ deadline }: CallContext): Options {
  return deadline === undefined ? {} : { deadline };
}

function withPort(endpoint: string): string {
  const bare = endpoint.replace(/\/+$/, '');
  return /:\d+$/.test(bare) ? bare : `${bare}:${DEFAULT_PORT}`;
}

/** Without a CA, Node's bundled roots decide (or NODE_EXTRA_CA_CERTS). */
function sslOf({ ca, cert, key }: Credentials): {
  rootCertificate: Buffer;
  privateKey?: Buffer;
  certChain?: Buffer;
} {
  return {
    // etcd3 passes it to createSsl(), which takes its absence for the default roots.
    rootCertificate: ca as Buffer,
    ...(key && { privateKey: key }),
    ...(cert && { certChain: cert }),
  };
}
