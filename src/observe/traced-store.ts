import type {
  CallOptions,
  Header,
  LeaseId,
  Store,
  Txn,
  TxnReply,
  WatchRequest,
} from '../election/store.ts';
import type { Emit } from '../events.ts';
import { TracedCalls } from './traced-calls.ts';

/** A store whose transactions and watch events are told; everything else is the store's own. */
export class TracedStore implements Store {
  readonly #store: Store;
  readonly #emit: Emit;
  readonly #calls: TracedCalls;

  constructor(store: Store, emit: Emit) {
    this.#store = store;
    this.#emit = emit;
    this.#calls = new TracedCalls('etcd', emit);
  }

  txn(txn: Txn, options: CallOptions): Promise<TxnReply> {
    const changes = txn.success.flatMap((each) => (each.op === 'range' ? [] : [each.key]));
    return this.#calls.told('txn', changes, () => this.#store.txn(txn, options));
  }

  grantLease(id: LeaseId, ttlSeconds: number, options: CallOptions): Promise<Header> {
    return this.#store.grantLease(id, ttlSeconds, options);
  }

  keepAlive(id: LeaseId, options: CallOptions): Promise<number> {
    return this.#store.keepAlive(id, options);
  }

  revokeLease(id: LeaseId, options: CallOptions): Promise<void> {
    return this.#store.revokeLease(id, options);
  }

  watch(request: WatchRequest): Promise<void> {
    return this.#store.watch({
      ...request,
      onEvents: (events, header) => {
        // Before anybody acts on them: what follows is to be seen following.
        this.#emit({ type: 'watched', keys: events.map(({ kv }) => kv.key) });
        request.onEvents(events, header);
      },
    });
  }

  close(): void {
    this.#store.close();
  }
}
