import type { CallOptions, Header, LeaseId, Store, Txn, TxnReply, WatchRequest } from './store.ts';
import { StoreError } from './store.ts';
import type { Memory } from './types.ts';

/** etcd answered from an earlier past, or it is another cluster (protocol.md rule 16). */
export class RegressionError extends StoreError {
  override name = 'RegressionError';
}

/**
 * Watches every answer for a look back in time. A reply is judged against the highest revision known
 * when its request was sent: replies overtake each other.
 */
export class GuardedStore implements Store {
  readonly #store: Store;
  readonly #memory: Memory;
  readonly #onRegression: (detail: string) => void;
  constructor(store: Store, memory: Memory, onRegression: (detail: string) => void) {
    this.#store = store;
    this.#memory = memory;
    this.#onRegression = onRegression;
  }

  #check(header: Header, knownAtSend: number, clusterAtSend: string | undefined): void {
    const memory = this.#memory;
    const otherCluster = clusterAtSend !== undefined && header.clusterId !== clusterAtSend;
    if (otherCluster || header.revision < knownAtSend) {
      const detail = otherCluster
        ? `cluster ID was ${clusterAtSend}, is ${header.clusterId}`
        : `revision was ${knownAtSend}, is ${header.revision}`;
      memory.clusterId = header.clusterId;
      memory.highestRevision = header.revision;
      this.#onRegression(detail);
      throw new RegressionError('FAILED_PRECONDITION', '', `etcd looked back in time: ${detail}`);
    }
    memory.clusterId ??= header.clusterId;
    memory.highestRevision = Math.max(memory.highestRevision, header.revision);
  }

  async txn(txn: Txn, options: CallOptions): Promise<TxnReply> {
    const { highestRevision, clusterId } = this.#memory;
    const reply = await this.#store.txn(txn, options);
    this.#check(reply.header, highestRevision, clusterId);
    return reply;
  }

  async grantLease(id: LeaseId, ttlSeconds: number, options: CallOptions): Promise<Header> {
    const { highestRevision, clusterId } = this.#memory;
    const header = await this.#store.grantLease(id, ttlSeconds, options);
    this.#check(header, highestRevision, clusterId);
    return header;
  }

  keepAlive(id: LeaseId, options: CallOptions): Promise<number> {
    return this.#store.keepAlive(id, options);
  }

  revokeLease(id: LeaseId, options: CallOptions): Promise<void> {
    return this.#store.revokeLease(id, options);
  }

  watch(request: WatchRequest): Promise<void> {
    return this.#store.watch(request);
  }

  close(): void {
    this.#store.close();
  }
}
