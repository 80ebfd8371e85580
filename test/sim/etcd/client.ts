import type {
  CallOptions,
  Header,
  LeaseId,
  Store,
  Txn,
  TxnReply,
  WatchRequest,
} from '../../../src/election/store.ts';
import { StoreError } from '../../../src/election/store.ts';
import type { Process } from '../host/process.ts';
import { storeError, type Cluster } from './cluster.ts';
import { putsAnything } from './keyspace.ts';
import type { Route } from './route.ts';
import type { Watches } from './watches.ts';

/** Told of a client's transactions: what the invariants are judged by. */
export interface Witness {
  /** Called as a transaction is sent. */
  onSent(txn: Txn): void;
  /** Called as it arrives at etcd, before it is applied. */
  onArrived(txn: Txn): void;
  /** Called as a successful one is applied, before its reply goes out; its answer goes to `onConfirmed`. */
  onApplied(txn: Txn): unknown;
  /** Called as the reply arrives, before the daemon has it. */
  onConfirmed(txn: Txn, sentAt: number, finding: unknown): void;
  /** Called as the reply arrives that its compares have failed. */
  onRefused(txn: Txn, reply: TxnReply): void;
}

interface Call<T> {
  readonly options: CallOptions;
  readonly apply: () => T;
  /** It only reads, or keeps a lease alive. */
  readonly what?: 'read' | 'keep-alive' | undefined;
  readonly onReply?: (reply: T) => void;
}

/** The daemon's seam to etcd for one process: every call goes out once, over a route that may fail. */
export class EtcdClient implements Store {
  readonly #cluster: Cluster;
  readonly #watches: Watches;
  readonly #process: Process;
  readonly #route: Route;
  readonly #witness: Witness;
  #closed = false;
  /** Calls without an end so far. */
  inFlight = 0;

  constructor(
    { cluster, watches }: { cluster: Cluster; watches: Watches },
    { process, route, witness }: { process: Process; route: Route; witness: Witness },
  ) {
    this.#cluster = cluster;
    this.#watches = watches;
    this.#process = process;
    this.#route = route;
    this.#witness = witness;
  }

  txn(txn: Txn, options: CallOptions): Promise<TxnReply> {
    // By the machine's clock, whatever the daemon goes by.
    const sentAt = this.#process.machine.now();
    this.#witness.onSent(txn);
    let finding: unknown;
    return this.#call({
      options,
      what: !putsAnything(txn) && txn.compares.length === 0 ? 'read' : undefined,
      apply: () => {
        this.#witness.onArrived(txn);
        const reply = this.#cluster.txn(txn);
        if (reply.succeeded) finding = this.#witness.onApplied(txn);
        return reply;
      },
      onReply: (reply) => {
        if (reply.succeeded) this.#witness.onConfirmed(txn, sentAt, finding);
        else this.#witness.onRefused(txn, reply);
      },
    });
  }

  grantLease(id: LeaseId, ttlSeconds: number, options: CallOptions): Promise<Header> {
    return this.#call({ options, apply: () => this.#cluster.grant(id, ttlSeconds) });
  }

  keepAlive(id: LeaseId, options: CallOptions): Promise<number> {
    return this.#call({ options, what: 'keep-alive', apply: () => this.#cluster.keepAlive(id) });
  }

  revokeLease(id: LeaseId, options: CallOptions): Promise<void> {
    return this.#call({ options, apply: () => this.#cluster.revoke(id) });
  }

  watch(request: WatchRequest): Promise<void> {
    return this.#watches.open(request, this.#process, this.#route);
  }

  close(): void {
    this.#closed = true;
  }

  /** Like `bounded` of the real store: ends at the deadline or with the signal, whatever comes later. */
  #call<T>({ options, apply, onReply, what }: Call<T>): Promise<T> {
    const { deadlineMs, signal } = options;
    if (signal.aborted) return Promise.reject(cancelled(signal));
    if (this.#closed) return Promise.reject(storeError('CANCELLED', 'the store is closed'));
    this.inFlight += 1;
    const { aborts } = this.#process.machine.scheduler;
    return new Promise((resolve, reject) => {
      let over = false;
      const end = (settle: () => void): void => {
        if (over) return;
        over = true;
        this.inFlight -= 1;
        cancelDeadline();
        forget();
        settle();
      };
      const forget = aborts.on(signal, () => end(() => reject(cancelled(signal))));
      const cancelDeadline = this.#process.timer(deadlineMs, () =>
        end(() => reject(storeError('DEADLINE_EXCEEDED', `no answer within ${deadlineMs} ms`))),
      );
      this.#send(apply, what, (answer) =>
        end(() => {
          if (answer instanceof StoreError) reject(answer);
          else {
            onReply?.(answer);
            resolve(answer);
          }
        }),
      );
    });
  }

  /** Sends once; `answered` comes when a reply or an error arrives, perhaps twice or never. */
  #send<T>(
    apply: () => T,
    what: Call<T>['what'],
    answered: (answer: T | StoreError) => void,
  ): void {
    const { requestMs, againMs, secondAnswers, replyMs, errorMs } = this.#route.passage(what);
    const { scheduler } = this.#process.machine;
    const { generation } = this.#cluster;
    const arrive = (isAnswered: boolean): void => {
      if (this.#cluster.generation !== generation) return;
      this.#cluster.submit(() => {
        if (this.#cluster.generation !== generation) return;
        const answer = answerOf(apply);
        // What arrives while replies are cut is lost.
        if (!isAnswered || replyMs === undefined || this.#route.repliesCut) return;
        this.#process.message(replyMs, () => answered(answer));
      });
    };
    if (errorMs !== undefined) {
      this.#process.message(errorMs, () =>
        answered(storeError('UNAVAILABLE', 'the connection broke')),
      );
    }
    if (requestMs === undefined) return;
    scheduler.after(requestMs, () => arrive(againMs === undefined || !secondAnswers));
    if (againMs !== undefined) scheduler.after(requestMs + againMs, () => arrive(true));
  }
}

/** What etcd answers. A defect of the simulation goes on being thrown. */
function answerOf<T>(apply: () => T): T | StoreError {
  try {
    return apply();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}

function cancelled(signal: AbortSignal): StoreError {
  const reason: unknown = signal.reason;
  if (reason instanceof StoreError) return reason;
  return new StoreError('CANCELLED', 'etcd', 'the call was cancelled', { cause: reason });
}
