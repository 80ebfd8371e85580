import { StoreError } from '../store.ts';
import type { StoreErrorCode } from '../store.ts';
import type { GrpcError } from './grpc.ts';

/** A failed call, and what it says about the endpoint. */
export interface Failure {
  readonly error: StoreError;
  /** etcd itself decided: the endpoint is usable, the request was refused. */
  readonly answered: boolean;
  /** The token is not (or no longer) good: another login may help, and nothing was applied. */
  readonly staleToken: boolean;
}

/** gRPC status codes (grpc/doc/statuscodes.md) by number. */
const CODES: Readonly<Record<number, StoreErrorCode>> = {
  // What we cancel ourselves never gets here: this is a server that shuts down.
  1: 'UNAVAILABLE',
  4: 'DEADLINE_EXCEEDED',
  5: 'NOT_FOUND',
  6: 'ALREADY_EXISTS',
  7: 'PERMISSION_DENIED',
  8: 'RESOURCE_EXHAUSTED',
  9: 'FAILED_PRECONDITION',
  // ABORTED and INTERNAL come from a stream that the other side reset.
  10: 'UNAVAILABLE',
  13: 'UNAVAILABLE',
  14: 'UNAVAILABLE',
  16: 'UNAUTHENTICATED',
};

/** INVALID_ARGUMENT, NOT_FOUND … FAILED_PRECONDITION, OUT_OF_RANGE, UNAUTHENTICATED. */
const ANSWERS: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 9, 11, 16]);

/** Our own errors that are no answer of etcd. */
const SILENCE: ReadonlySet<StoreErrorCode> = new Set([
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'UNAVAILABLE',
]);

interface Wording {
  readonly pattern: RegExp;
  readonly code?: StoreErrorCode;
  readonly text: string;
}

/** etcd's own texts where its gRPC code says too little (etcd api/v3rpc/rpctypes/error.go). */
const ETCD_TEXTS: readonly Wording[] = [
  { pattern: /lease already exists/, code: 'ALREADY_EXISTS', text: 'lease already exists' },
  {
    pattern: /required revision has been compacted/,
    code: 'COMPACTED',
    text: 'the history from that revision on is compacted',
  },
  {
    pattern: /invalid user ID or password/,
    code: 'UNAUTHENTICATED',
    text: 'wrong user or password',
  },
  {
    pattern: /user name is empty|user name not found/,
    code: 'UNAUTHENTICATED',
    text: 'etcd wants a user: give user and password, or a client certificate named after one',
  },
  {
    pattern: /invalid auth token|revision of auth store is old/,
    code: 'UNAUTHENTICATED',
    text: 'the login has expired',
  },
];
const STALE_TOKEN = /invalid auth token|revision of auth store is old|user name is empty/;

/** Texts of OpenSSL, of Node's TLS and of its system errors inside grpc-js's UNAVAILABLE. */
const TRANSPORT_TEXTS: readonly Wording[] = [
  {
    pattern: /alert (certificate expired|number 45)/,
    code: 'CERTIFICATE',
    text: 'the server finds our client certificate expired',
  },
  {
    pattern: /alert (certificate required|number 116)/,
    code: 'CERTIFICATE',
    text: 'the server wants a client certificate',
  },
  {
    pattern: /alert (bad certificate|unknown ca|certificate unknown|handshake failure)/,
    code: 'CERTIFICATE',
    text: 'the server refuses our client certificate, or wants one',
  },
  {
    pattern: /certificate has expired|CERT_HAS_EXPIRED/,
    code: 'CERTIFICATE',
    text: 'certificate has expired',
  },
  {
    pattern: /certificate is not yet valid|CERT_NOT_YET_VALID/,
    code: 'CERTIFICATE',
    text: 'certificate is not yet valid',
  },
  {
    pattern:
      /(self[- ]signed|unable to get (local )?issuer|unable to verify the first) certificate/,
    code: 'CERTIFICATE',
    text: 'certificate is signed by an unknown CA',
  },
  {
    pattern: /unable to verify leaf signature|certificate signature failure/,
    code: 'CERTIFICATE',
    text: 'certificate is signed by an unknown CA',
  },
  {
    pattern: /wrong version number|packet length too long|http request/,
    code: 'CERTIFICATE',
    text: 'the endpoint does not speak TLS',
  },
  {
    pattern: /disconnected before secure TLS connection/,
    text: 'connection lost in the TLS handshake: does the endpoint speak TLS?',
  },
  { pattern: /ECONNREFUSED/, text: 'connection refused' },
  { pattern: /EHOSTUNREACH/, text: 'no route to host' },
  { pattern: /ENETUNREACH/, text: 'network unreachable' },
  { pattern: /ETIMEDOUT/, text: 'connection timed out' },
  { pattern: /ENOTFOUND|EAI_AGAIN|Name resolution failed/, text: 'host name does not resolve' },
  {
    // Who closes with unread bytes resets; the reset may overtake the words that tell why.
    pattern: /No connection established\..*ECONNRESET/s,
    text: 'connection reset before it was made: does the endpoint speak TLS, as its URL says or not?',
  },
  { pattern: /ECONNRESET|EPIPE|Connection dropped|socket hang up/, text: 'connection lost' },
];
const NAME_MISMATCH = /does not match certificate's altnames: (.*?)(?:\. Resolution note.*)?$/;

/** Says in words what a failed call of grpc-js means. Takes whatever was thrown. */
export function failureOf(thrown: unknown, endpoint: string): Failure {
  if (thrown instanceof StoreError) {
    return { error: thrown, answered: !SILENCE.has(thrown.code), staleToken: false };
  }
  const { code: number, details } = thrown as Partial<GrpcError>;
  if (typeof number !== 'number') {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    const error = new StoreError('UNKNOWN', endpoint, text, { cause: thrown });
    return { error, answered: false, staleToken: false };
  }
  const text = details ?? '';
  const answered = ANSWERS.has(number);
  const wording = answered ? worded(ETCD_TEXTS, text) : (nameMismatch(text) ?? transport(text));
  const code = wording?.code ?? CODES[number] ?? 'UNKNOWN';
  const message = wording?.text ?? (text.replace(/^etcdserver: /, '') || code);
  const error = new StoreError(code, endpoint, message, { cause: thrown });
  // An endpoint that does not let us in is not usable, whoever refused.
  const usable = answered && code !== 'UNAUTHENTICATED';
  return { error, answered: usable, staleToken: answered && STALE_TOKEN.test(text) };
}

function worded(wordings: readonly Wording[], text: string): Wording | undefined {
  return wordings.find(({ pattern }) => pattern.test(text));
}

function transport(text: string): Wording | undefined {
  // What etcd itself says ("etcdserver: no leader") needs no translation.
  return text.startsWith('etcdserver:') ? undefined : worded(TRANSPORT_TEXTS, text);
}

function nameMismatch(text: string): Wording | undefined {
  const match = NAME_MISMATCH.exec(text);
  if (!match) return undefined;
  const detail = match[1] ?? '';
  return { pattern: NAME_MISMATCH, code: 'CERTIFICATE', text: `name does not match: ${detail}` };
}
