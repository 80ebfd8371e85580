import { elapsedMs } from '../../clock.ts';
import type { Clock, Instant } from '../../clock.ts';
import type { Emit } from '../../events.ts';
import { StoreError } from '../store.ts';
import type { CallOptions, WatchRequest } from '../store.ts';
import { attempt, type Send } from './attempt.ts';
import { bounded } from './bounded.ts';
import type { Connection } from './connection.ts';
import { failureOf } from './failure.ts';
import { Latency } from './latency.ts';
import { Line, type Link } from './line.ts';
import type { Login } from './login.ts';
import { Reachability } from './reachability.ts';
import { receiveWatch } from './watch.ts';

/** A call unanswered for so long makes its endpoint suspicious: later calls go elsewhere. */
const HANG_MS = 250;
/** gRPC's deadline counts on the wall clock: ours, the truth, is to come first. */
const GRPC_SLACK_MS = 100;
/** From opening a watch until etcd has confirmed it. */
const WATCH_OPEN_MS = 2_000;
/** Calls of our own accord: what etcd answers to them, a refusal too, is no news for people. */
const UNASKED = new Set(['probe', 'version']);

export interface EndpointParts {
  readonly url: string;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly connect: () => Connection;
  readonly login?: Login;
  /** Aborts when the store closes. */
  readonly closed: AbortSignal;
  /** It answered, or a call failed for want of an answer. */
  readonly onChange: (endpoint: Endpoint) => void;
}

/** One etcd endpoint: its connection, its calls, and what they say about it. */
export class Endpoint {
  readonly url: string;
  readonly #parts: EndpointParts;
  readonly #line: Line;
  readonly #reachability: Reachability;
  readonly #calls = new Set<{ startedAt: Instant }>();
  readonly #watches = new Set<AbortController>();
  #answeredAt: Instant | undefined;
  #failure: string | undefined;
  readonly #latency = new Latency();

  constructor(parts: EndpointParts) {
    this.url = parts.url;
    this.#parts = parts;
    this.#line = new Line(parts.connect, parts.clock);
    this.#reachability = new Reachability(parts.url, parts.emit);
  }

  /** Why its last call ended without an answer; undefined when it was answered. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get watched(): boolean {
    return this.#watches.size > 0;
  }

  /** How long calls here take, in milliseconds: a moving mean; undefined before the first answer. */
  get latencyMs(): number | undefined {
    return this.#latency.meanMs;
  }

  /** A call has been waiting for 250 ms and nothing else was answered meanwhile. */
  hanging(): boolean {
    return this.#silentMs() > HANG_MS;
  }

  /** A call has been waiting for far longer than calls here take, and nothing else was answered meanwhile. */
  slow(): boolean {
    return this.#latency.isSlow(this.#silentMs());
  }

  /** How long a call has been waiting while nothing else was answered; 0: none is. */
  #silentMs(): number {
    const now = this.#parts.clock.now();
    let longest = 0;
    for (const { startedAt } of this.#calls) {
      const silentSince = Math.max(startedAt, this.#answeredAt ?? startedAt) as Instant;
      longest = Math.max(longest, elapsedMs(silentSince, now));
    }
    return longest;
  }

  suspicious(): boolean {
    return this.#failure !== undefined || this.hanging();
  }

  /**
   * One call, bounded by its deadline and signal, never repeated (but for a stale token, with which
   * etcd has refused it unseen).
   * @throws StoreError
   */
  async call<T>(
    name: string,
    send: Send,
    decode: (reply: unknown) => T,
    { deadlineMs, signal }: CallOptions,
  ): Promise<T> {
    const { clock, closed, login } = this.#parts;
    const bounds = { clock, endpoint: this.url, deadlineMs, signals: [signal, closed] };
    const call = { startedAt: clock.now() };
    const deadline = new Date(clock.wallMs() + deadlineMs + GRPC_SLACK_MS);
    this.#calls.add(call);
    let link: Link | undefined;
    try {
      const used = (link = this.#line.open());
      const reply = await bounded(bounds, (signal) =>
        attempt({ login, connection: used.connection, url: this.url }, send, {
          metadata: {},
          deadline,
          signal,
        }),
      );
      const decoded = decode(reply);
      // Of the same kind of call everywhere: writes, which wait for disks, go to one alone.
      if (name === 'probe') this.#latency.note(elapsedMs(call.startedAt, clock.now()));
      this.#noteAnswer(link);
      return decoded;
    } catch (thrown) {
      throw this.#judge(name, thrown, link, call.startedAt);
    } finally {
      this.#calls.delete(call);
    }
  }

  /**
   * Watches until the signal aborts (resolves) or the watch breaks. It breaks with the first call
   * here that gets no answer, too: a frozen server would keep the stream open and silent.
   * @throws StoreError
   */
  async watch(request: WatchRequest): Promise<void> {
    const { clock, closed, login } = this.#parts;
    const startedAt = clock.now();
    const broken = new AbortController();
    const signals = [request.signal, broken.signal, closed];
    const late = clock.timer(WATCH_OPEN_MS, () => {
      broken.abort(new StoreError('DEADLINE_EXCEEDED', this.url, 'the watch did not open'));
    });
    this.#watches.add(broken);
    let link: Link | undefined;
    try {
      const used = (link = this.#line.open());
      const send: Send = (connection, context) =>
        connection.stream('Watch', 'watch', context, (stream, { reject }) => {
          receiveWatch(stream, request, this.url, { opened: late, reject });
        });
      // Without a leader the member's own data may be old: let it say so (api/v3rpc/rpctypes/md.go).
      const metadata = { hasleader: 'true' };
      await bounded({ clock, endpoint: this.url, signals }, (signal) =>
        attempt({ login, connection: used.connection, url: this.url }, send, { metadata, signal }),
      );
    } catch (thrown) {
      this.#watches.delete(broken);
      if (request.signal.aborted) return;
      throw this.#judge('watch', thrown, link, startedAt);
    } finally {
      late();
      this.#watches.delete(broken);
    }
  }

  /** Ends the watches here, since this endpoint is silent while others answer. */
  breakWatches(why: string): void {
    for (const broken of this.#watches) broken.abort(new StoreError('UNAVAILABLE', this.url, why));
  }

  /** From now on it connects anew, with what `connect` gives then; its watches end, to be opened there. */
  renew(): void {
    this.#line.renew();
    const why = new StoreError('CANCELLED', this.url, 'the credentials were renewed');
    for (const broken of this.#watches) broken.abort(why);
  }

  /** Closes the connection; calls under way are the caller's to abort. Idempotent. */
  close(): void {
    this.#line.close();
  }

  #noteAnswer(link: Link | undefined): void {
    this.#answeredAt = this.#parts.clock.now();
    if (link) link.answeredAt = this.#answeredAt;
    this.#failure = undefined;
    this.#reachability.answered();
    this.#parts.onChange(this);
  }

  #noteSilence(error: StoreError, link: Link | undefined, startedAt: Instant): void {
    this.#failure = error.message;
    if (error.code === 'DEADLINE_EXCEEDED' && link) this.#line.unanswered(link, startedAt);
    this.breakWatches(error.message);
    this.#reachability.failed(error);
    this.#parts.onChange(this);
  }

  /** Turns what was thrown into a StoreError and draws the conclusions for this endpoint. */
  #judge(name: string, thrown: unknown, link: Link | undefined, startedAt: Instant): StoreError {
    const { error, answered } = failureOf(thrown, this.url);
    if (error.code === 'CANCELLED') return error;
    if (!UNASKED.has(name) || !answered) {
      this.#parts.emit({
        type: 'etcd-error',
        code: error.code,
        call: name,
        endpoint: this.url,
        err: error,
      });
    }
    if (answered) this.#noteAnswer(link);
    else this.#noteSilence(error, link, startedAt);
    return error;
  }
}
