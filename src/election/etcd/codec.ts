import { NO_LEASE } from '../store.ts';
import type {
  Compare,
  Header,
  KeyValue,
  LeaseId,
  Operation,
  OperationResult,
  Txn,
  TxnReply,
  WatchEvent,
} from '../store.ts';

/**
 * Between the store's types and etcd's messages (etcd api/etcdserverpb/rpc.proto, etcd3's copy), as
 * proto-loader gives them: names as in the file, int64 as decimal text, bytes as Buffers.
 */

interface RawHeader {
  readonly cluster_id: string;
  readonly revision: string;
}
interface RawKeyValue {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly create_revision: string;
  readonly mod_revision: string;
  readonly lease: string;
}
interface RawTxnReply {
  readonly header: RawHeader;
  readonly succeeded: boolean;
  readonly responses: readonly {
    readonly response_range?: { kvs: readonly RawKeyValue[]; count: string };
  }[];
}
/** A WatchResponse. etcd3's copy of the protocol says Put for etcd's PUT. `watch_id` is −1 in the refusal of a creation. */
export interface RawWatchReply {
  readonly header: RawHeader | null;
  readonly watch_id: string;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: string;
  readonly cancel_reason: string;
  readonly events: readonly { readonly type: 'Put' | 'Delete'; readonly kv: RawKeyValue }[];
}

/** The hex text of a lease ID for etcd's decimal int64; a negative one, which etcd takes too, as its two's complement. */
export function leaseFromDecimal(decimal: string): LeaseId {
  return BigInt.asUintN(64, BigInt(decimal)).toString(16);
}

/** Decimal int64 text of a lease ID. @throws SyntaxError when it is not hex. */
export function leaseToDecimal(id: LeaseId): string {
  return BigInt.asIntN(64, BigInt(`0x${id}`)).toString();
}

/** @throws RangeError above 2^53: a number that lost digits would make a fencing token wrong. */
export function revisionFrom(text: string): number {
  const revision = Number(text);
  if (!Number.isSafeInteger(revision)) throw new RangeError(`revision ${text} is not usable`);
  return revision;
}

/** The end of the range of all keys that begin with `prefix`: its last byte below 0xff plus one. */
export function prefixEnd(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  for (let i = end.length - 1; i >= 0; i -= 1) {
    const byte = end[i] ?? 0xff;
    if (byte < 0xff) {
      end[i] = byte + 1;
      return end.subarray(0, i + 1);
    }
  }
  // '\0' means: to the end of all keys.
  return Buffer.from([0]);
}

/** A TxnRequest. */
export function encodeTxn({ compares, success, failure }: Txn): object {
  return {
    compare: compares.map(encodeCompare),
    success: success.map(encodeOperation),
    failure: failure.map(encodeOperation),
  };
}

const COMPARE_RESULTS = { '=': 'Equal', '<': 'Less', '>': 'Greater' } as const;

function encodeCompare(compare: Compare): object {
  const key = Buffer.from(compare.key);
  const result = COMPARE_RESULTS[compare.op];
  switch (compare.target) {
    case 'create':
      return { key, result, target: 'Create', create_revision: String(compare.value) };
    case 'mod':
      return {
        key,
        ...(compare.prefix === true && { range_end: prefixEnd(compare.key) }),
        result,
        target: 'Mod',
        mod_revision: String(compare.value),
      };
    case 'value':
      return { key, result, target: 'Value', value: Buffer.from(compare.value) };
    case 'lease':
      return { key, result, target: 'Lease', lease: leaseToDecimal(compare.value) };
    default:
      return compare satisfies never;
  }
}

function encodeOperation(operation: Operation): object {
  const key = Buffer.from(operation.key);
  switch (operation.op) {
    case 'put': {
      const lease = leaseToDecimal(operation.lease ?? NO_LEASE);
      return { request_put: { key, value: Buffer.from(operation.value), lease } };
    }
    case 'delete':
      return { request_delete_range: { key } };
    case 'range': {
      const { prefix, minModRevision } = operation;
      return {
        request_range: {
          key,
          ...(prefix === true && { range_end: prefixEnd(operation.key) }),
          ...(minModRevision !== undefined && { min_mod_revision: String(minModRevision) }),
          sort_order: 'Ascend',
          sort_target: 'Create',
        },
      };
    }
    default:
      return operation satisfies never;
  }
}

/** From a TxnResponse. @throws RangeError */
export function decodeTxn(raw: unknown): TxnReply {
  const { succeeded, header, responses } = raw as RawTxnReply;
  return {
    succeeded,
    header: decodeHeader(header),
    results: responses.map(({ response_range: range }): OperationResult => {
      if (!range) return { kvs: [], count: 0 };
      return { kvs: range.kvs.map(decodeKeyValue), count: revisionFrom(range.count) };
    }),
  };
}

/** @throws RangeError */
export function decodeHeader({ cluster_id: clusterId, revision }: RawHeader): Header {
  return { clusterId, revision: revisionFrom(revision) };
}

function decodeKeyValue(raw: RawKeyValue): KeyValue {
  return {
    key: raw.key.toString(),
    value: raw.value.toString(),
    createRevision: revisionFrom(raw.create_revision),
    modRevision: revisionFrom(raw.mod_revision),
    lease: leaseFromDecimal(raw.lease),
  };
}

/** The events of a WatchResponse. @throws RangeError */
export function decodeEvents({ events }: RawWatchReply): readonly WatchEvent[] {
  return events.map(({ type, kv }) => ({
    type: type === 'Delete' ? 'delete' : 'put',
    kv: decodeKeyValue(kv),
  }));
}
