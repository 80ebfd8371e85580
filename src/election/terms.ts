/** What a heartbeat promises, and how it is sent. All in milliseconds. */
export interface Terms {
  /** The holder writes its heartbeat this often. */
  readonly heartbeatEveryMs: number;
  /** Deadline of one etcd request. */
  readonly requestDeadlineMs: number;
  /** A proof is good for this long, counted from before its request was sent. */
  readonly holdForMs: number;
  /** How late this profile's fence may close; part of the promise (protocol.md, Words). */
  readonly fenceLatencyMs: number;
}

/** The terms between two others: 0 gives the first, 1 the second. Whole milliseconds. */
export function termsBetween(first: Terms, second: Terms, share: number): Terms {
  const between = (of: (terms: Terms) => number): number =>
    Math.round(of(first) + (of(second) - of(first)) * share);
  return {
    heartbeatEveryMs: between(({ heartbeatEveryMs }) => heartbeatEveryMs),
    requestDeadlineMs: between(({ requestDeadlineMs }) => requestDeadlineMs),
    holdForMs: between(({ holdForMs }) => holdForMs),
    fenceLatencyMs: between(({ fenceLatencyMs }) => fenceLatencyMs),
  };
}
