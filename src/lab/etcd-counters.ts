/** What etcd has counted since its start, of all members together. */
export interface EtcdCounters {
  /** Requests of clients, of any kind; a stream that has ended is one. */
  readonly requests: number;
  /** Keys written, deletions aside. Every member counts those of all. */
  readonly writes: number;
}

/** One series each: 3.4 and 3.5 name the second one differently (etcd server/mvcc/metrics.go). */
const REQUESTS = /^grpc_server_handled_total\{.*\} (\S+)$/gm;
const WRITES = /^etcd(?:_debugging)?_mvcc_put_total (\S+)$/gm;

/** Reads what each member's `/metrics` says. */
export function readCounters(pages: readonly string[]): EtcdCounters {
  const requests = pages.map((page) => values(page, REQUESTS).reduce((sum, each) => sum + each, 0));
  return {
    requests: requests.reduce((sum, each) => sum + each, 0),
    writes: Math.max(0, ...pages.flatMap((page) => values(page, WRITES))),
  };
}

function values(page: string, series: RegExp): number[] {
  return Array.from(page.matchAll(series), ([, value]) => Number(value));
}
