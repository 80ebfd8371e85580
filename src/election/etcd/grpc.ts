/** grpc-js, as far as we see it; its package belongs to etcd3 and is not imported. */

/** What goes with one call. Aborting the signal cancels it on the wire. */
export interface CallContext {
  readonly metadata: Readonly<Record<string, string>>;
  /** Wall-clock end that gRPC tells the server; the caller's own timer is the truth. */
  readonly deadline?: Date;
  readonly signal: AbortSignal;
}

/** How grpc-js reports a failed call: its status code, and the server's or its own text. */
export interface GrpcError extends Error {
  readonly code: number;
  readonly details: string;
}

/** A bidirectional stream of grpc-js, as far as we use it. */
export interface GrpcStream {
  write(message: object): unknown;
  cancel(): void;
  on(event: 'data', listener: (message: unknown) => void): unknown;
  on(event: 'error', listener: (error: GrpcError) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}

/** Status codes (grpc/doc/statuscodes.md). */
export const CANCELLED = 1;
export const UNAVAILABLE = 14;

/** An error of our own in grpc-js's form. */
export function grpcError(code: number, details: string): GrpcError {
  return Object.assign(new Error(details), { code, details });
}
