import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.ts';
import type { Emit } from '../events.ts';
import type { Send } from './etcd/attempt.ts';
import { decodeHeader, decodeTxn, encodeTxn, leaseToDecimal } from './etcd/codec.ts';
import { Connection } from './etcd/connection.ts';
import type { Credentials } from './etcd/connection.ts';
import { Endpoint } from './etcd/endpoint.ts';
import { Login } from './etcd/login.ts';
import type { LoginConfig } from './etcd/login.ts';
import { Probes, isRefusal } from './etcd/probes.ts';
import { Rotation } from './etcd/rotation.ts';
import { Versions } from './etcd/versions.ts';
import { StoreError } from './store.ts';
import type { CallOptions, Header, LeaseId, Store, Txn, TxnReply, WatchRequest } from './store.ts';

/** From asking a member for its version until it has answered. */
const STATUS_DEADLINE_MS = 1_000;
const STATUS: Send = (connection, context) =>
  connection.unary('Maintenance', 'status', {}, context);

export interface EtcdStoreOptions {
  /** `http://` or `https://` URLs, in the order of preference. */
  readonly endpoints: readonly string[];
  /** For the endpoints with `https://`. */
  readonly credentials: Credentials;
  readonly login?: LoginConfig;
  readonly clock: Clock;
  readonly emit: Emit;
}

/**
 * etcd by way of npm's etcd3, of which only connections and protocol are used (reliability.md §1).
 * Each call goes to one endpoint, once; the next call elsewhere if that one is in doubt.
 */
export class EtcdStore implements Store {
  readonly #options: EtcdStoreOptions;
  readonly #endpoints: readonly Endpoint[];
  readonly #rotation: Rotation<Endpoint>;
  readonly #closing = new AbortController();
  readonly #probes: Probes;
  readonly #versions: Versions<Endpoint>;
  #credentials: Credentials;
  #connected: boolean | undefined;

  constructor(options: EtcdStoreOptions) {
    const { clock, emit } = options;
    this.#credentials = options.credentials;
    const closed = this.#closing.signal;
    // One listener for each call under way: their number is bounded by their deadlines.
    setMaxListeners(0, closed);
    this.#options = options;
    this.#endpoints = options.endpoints.map(
      (url) =>
        new Endpoint({
          url,
          clock,
          emit,
          closed,
          connect: () => new Connection(url, this.#credentials),
          ...(options.login && { login: new Login(options.login, clock, url, closed) }),
          onChange: (endpoint) => this.#changed(endpoint),
        }),
    );
    this.#rotation = new Rotation(this.#endpoints);
    this.#probes = new Probes({
      clock,
      endpoints: this.#endpoints,
      rotation: this.#rotation,
      closed,
    });
    const bounds = { deadlineMs: STATUS_DEADLINE_MS, signal: closed };
    this.#versions = new Versions(emit, (endpoint) =>
      endpoint.call('version', STATUS, (reply) => (reply as { version: string }).version, bounds),
    );
  }

  txn(txn: Txn, options: CallOptions): Promise<TxnReply> {
    const request = encodeTxn(txn);
    const send: Send = (connection, context) => connection.unary('KV', 'txn', request, context);
    return this.#rotation.pick().call('txn', send, decodeTxn, options);
  }

  grantLease(id: LeaseId, ttlSeconds: number, options: CallOptions): Promise<Header> {
    const request = { ID: leaseToDecimal(id), TTL: String(ttlSeconds) };
    return this.#rotation.pick().call(
      'grant-lease',
      (connection, context) => connection.unary('Lease', 'leaseGrant', request, context),
      (reply) => decodeHeader((reply as { header: Parameters<typeof decodeHeader>[0] }).header),
      options,
    );
  }

  keepAlive(id: LeaseId, options: CallOptions): Promise<number> {
    const request = { ID: leaseToDecimal(id) };
    return this.#unlessGone(0, () =>
      this.#rotation.pick().call(
        'keep-alive',
        // A stream for one request: replies carry no request ID to tell a late one by.
        (connection, context) => connection.first('Lease', 'leaseKeepAlive', request, context),
        (reply) => Math.max(0, Number((reply as { TTL: string }).TTL)),
        options,
      ),
    );
  }

  /**
   * What a lease has left, without renewing it: anybody's lease may be asked about.
   * @returns whole seconds; 0 when it is gone
   * @throws StoreError
   */
  timeToLive(id: LeaseId, options: CallOptions): Promise<{ left: number; granted: number }> {
    const request = { ID: leaseToDecimal(id), keys: false };
    return this.#unlessGone({ left: 0, granted: 0 }, () =>
      this.#rotation.pick().call(
        'time-to-live',
        (connection, context) => connection.unary('Lease', 'leaseTimeToLive', request, context),
        (reply) => {
          const { TTL, grantedTTL } = reply as { TTL: string; grantedTTL: string };
          // etcd answers -1 for a lease that it does not know.
          return { left: Math.max(0, Number(TTL)), granted: Math.max(0, Number(grantedTTL)) };
        },
        options,
      ),
    );
  }

  async revokeLease(id: LeaseId, options: CallOptions): Promise<void> {
    const request = { ID: leaseToDecimal(id) };
    await this.#unlessGone(undefined, () =>
      this.#rotation.pick().call(
        'revoke-lease',
        (connection, context) => connection.unary('Lease', 'leaseRevoke', request, context),
        () => undefined,
        options,
      ),
    );
  }

  async watch(request: WatchRequest): Promise<void> {
    const endpoint = this.#rotation.pick();
    if (this.#options.login) {
      // etcd cancels a watch with a stale token as forbidden; an ordinary call renews the token.
      const { signal } = request;
      await this.#probes.ask(endpoint, signal).catch((error: unknown) => {
        if (!signal.aborted && !isRefusal(error)) throw error;
      });
    }
    if (request.signal.aborted) return;
    const ended = endpoint.watch(request);
    this.#probes.arm();
    await ended;
  }

  /** Aborts when the store is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** From now on connects with these; calls under way end as they began, watches at once. */
  renew(credentials: Credentials): void {
    this.#credentials = credentials;
    for (const endpoint of this.#endpoints) endpoint.renew();
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new StoreError('CANCELLED', '', 'the store is closed'));
    this.#probes.stop();
    for (const endpoint of this.#endpoints) endpoint.close();
  }

  async #unlessGone<T>(gone: T, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof StoreError && error.code === 'NOT_FOUND') return gone;
      throw error;
    }
  }

  #changed(endpoint: Endpoint): void {
    if (endpoint.failure === undefined) {
      this.#rotation.answered(endpoint);
      for (const other of this.#endpoints) {
        if (other.watched && other.hanging()) other.breakWatches('silent while others answer');
      }
      this.#report(true);
    } else if (this.#endpoints.every(({ failure }) => failure !== undefined)) {
      this.#report(false, endpoint.failure);
    }
    this.#probes.arm();
    this.#versions.changed(endpoint);
  }

  #report(connected: boolean, err?: string): void {
    if (connected === this.#connected) return;
    this.#connected = connected;
    this.#options.emit({ type: 'etcd-connected', connected, ...(err !== undefined && { err }) });
  }
}
