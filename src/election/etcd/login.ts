import type { Clock } from '../../clock.ts';
import { bounded } from './bounded.ts';
import type { Connection } from './connection.ts';
import { failureOf } from './failure.ts';

export interface LoginConfig {
  readonly user: string;
  readonly password: string;
}

/** etcd spends some 100 ms of CPU on a password (bcrypt): more than a heartbeat's deadline. */
const LOGIN_DEADLINE_MS = 5_000;

/** The auth token of one endpoint: fetched once, shared by all calls, fetched anew when stale. */
export class Login {
  readonly #config: LoginConfig;
  readonly #clock: Clock;
  readonly #endpoint: string;
  readonly #closed: AbortSignal;
  #token: Promise<string> | undefined;

  constructor(config: LoginConfig, clock: Clock, endpoint: string, closed: AbortSignal) {
    this.#config = config;
    this.#clock = clock;
    this.#endpoint = endpoint;
    this.#closed = closed;
  }

  /**
   * The token; '' when etcd has authentication off. Outlives the call that asked for it, so that a
   * login slower than one call's deadline serves the next.
   * @throws GrpcError or StoreError
   */
  token(connection: Connection): Promise<string> {
    this.#token ??= this.#fetch(connection).catch((thrown: unknown) => {
      this.#token = undefined;
      throw thrown;
    });
    return this.#token;
  }

  /** The token was refused. */
  forget(): void {
    this.#token = undefined;
  }

  async #fetch(connection: Connection): Promise<string> {
    const { user: name, password } = this.#config;
    const bounds = {
      clock: this.#clock,
      endpoint: this.#endpoint,
      deadlineMs: LOGIN_DEADLINE_MS,
      signals: [this.#closed],
    };
    try {
      const reply = await bounded(bounds, (signal) =>
        connection.unary('Auth', 'authenticate', { name, password }, { metadata: {}, signal }),
      );
      return (reply as { token: string }).token;
    } catch (thrown) {
      const { error } = failureOf(thrown, this.#endpoint);
      if (/authentication is not enabled/.test(error.message)) return '';
      throw thrown;
    }
  }
}
