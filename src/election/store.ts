/**
 * The seam to etcd: the few calls that the election makes, typed as it needs them. `etcd.ts` is the
 * real one; the simulator brings its own. Every call is bounded by its deadline and its signal.
 */

/** An etcd lease ID as Go prints it with `%x`: lower-case hex of a positive int64, no leading zeros. */
export type LeaseId = string;
/** What a key without a lease has. */
export const NO_LEASE: LeaseId = '0';

/** A key and its value. Revisions are safe integers (etcd's int64 never gets near 2^53). */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly lease: LeaseId;
}

/**
 * A condition of a transaction. A missing key has revision 0 and lease '0'; on a missing key every
 * comparison of the value is false. With `prefix` it must hold for every key that begins with `key`,
 * and for a missing one when there is none (etcd server/etcdserver/txn: applyCompare).
 */
export type Compare =
  | { key: string; target: 'create'; op: '='; value: number }
  | { key: string; prefix?: boolean; target: 'mod'; op: '=' | '<' | '>'; value: number }
  | { key: string; target: 'value'; op: '<' | '='; value: string }
  | { key: string; target: 'lease'; op: '='; value: LeaseId };

export type Operation =
  | { op: 'put'; key: string; value: string; lease?: LeaseId }
  | { op: 'delete'; key: string }
  /**
   * Reads one key, or with `prefix` all keys that begin with `key`, sorted by create revision. With
   * `minModRevision` only those changed since; `count` in the result still counts them all.
   */
  | { op: 'range'; key: string; prefix?: boolean; minModRevision?: number };

export interface Txn {
  readonly compares: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

/** One result for each operation of the branch that ran, in order. `kvs` and `count` are of ranges. */
export interface OperationResult {
  readonly kvs: readonly KeyValue[];
  readonly count: number;
}

export interface Header {
  /** Decimal text of an unsigned 64-bit number. */
  readonly clusterId: string;
  readonly revision: number;
}

export interface TxnReply {
  readonly succeeded: boolean;
  readonly header: Header;
  readonly results: readonly OperationResult[];
}

export interface CallOptions {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** `code` of a StoreError: gRPC's name, or one of ours. */
export type StoreErrorCode =
  | 'DEADLINE_EXCEEDED'
  | 'UNAVAILABLE'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'FAILED_PRECONDITION'
  | 'CANCELLED'
  | 'COMPACTED'
  | 'CERTIFICATE'
  | 'UNKNOWN';

/** A call to etcd failed. Unless it is known to be refused, it may have been applied all the same. */
export class StoreError extends Error {
  override name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly endpoint: string;
  constructor(code: StoreErrorCode, endpoint: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.endpoint = endpoint;
  }
}

export interface WatchEvent {
  readonly type: 'put' | 'delete';
  /** For a delete: key and modRevision (of the deletion) only; value is '' and the rest 0. */
  readonly kv: KeyValue;
}

export interface WatchRequest {
  /** Key prefixes, all watched on one stream. */
  readonly prefixes: readonly string[];
  /** First revision of interest; undefined: from now. */
  readonly fromRevision?: number;
  readonly onEvents: (events: readonly WatchEvent[], header: Header) => void;
  readonly signal: AbortSignal;
}

export interface Store {
  /**
   * Runs a transaction once: never repeated by the store. One without compares and with ranges only
   * is a linearizable read.
   * @throws StoreError
   */
  txn(txn: Txn, options: CallOptions): Promise<TxnReply>;
  /** Grants a lease under an ID that we chose. @throws StoreError ALREADY_EXISTS when it stands. */
  grantLease(id: LeaseId, ttlSeconds: number, options: CallOptions): Promise<Header>;
  /** Seconds that the lease has from now, 0 when it is gone. @throws StoreError */
  keepAlive(id: LeaseId, options: CallOptions): Promise<number>;
  /** A lease that is gone already is success. @throws StoreError */
  revokeLease(id: LeaseId, options: CallOptions): Promise<void>;
  /**
   * A require-leader watch on one endpoint. Settles only when it has ended: resolves when the signal
   * aborted, rejects when it broke. A hint only: after any break the caller reads anew.
   * @throws StoreError (COMPACTED when history from `fromRevision` is gone)
   */
  watch(request: WatchRequest): Promise<void>;
  /** Closes all connections. Idempotent. */
  close(): void;
}

/** Sends one transaction, by the usual deadline. @throws StoreError */
export type Send = (txn: Txn, signal: AbortSignal) => Promise<TxnReply>;

/** Codes with which etcd says that it did not do what was asked. */
const REFUSALS: ReadonlySet<StoreErrorCode> = new Set([
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
]);

/** True when the call was certainly not applied; any other failure leaves it open. */
export function isRefusal(error: unknown): boolean {
  return error instanceof StoreError && REFUSALS.has(error.code);
}
