import type { ElectorEvent } from '../events.ts';
import type { EndpointStatus } from './status.ts';

/** What the events have said of etcd so far: for `/status` and `/readyz`. */
export class EtcdBoard {
  readonly #endpoints: Map<string, EndpointStatus>;
  connected = false;
  /** Why it is not connected, in words. */
  err: string | undefined = 'not connected yet';
  /** The promise of the last confirmed beat, in milliseconds. */
  holdForMs: number | null = null;

  constructor(endpoints: readonly string[]) {
    this.#endpoints = new Map(
      endpoints.map((endpoint) => [endpoint, { endpoint, reachable: false, err: 'not tried yet' }]),
    );
  }

  get endpoints(): EndpointStatus[] {
    return [...this.#endpoints.values()];
  }

  record(event: ElectorEvent): void {
    if (event.type === 'endpoint') {
      const { endpoint, reachable, err } = event;
      this.#endpoints.set(
        endpoint,
        err === undefined ? { endpoint, reachable } : { endpoint, reachable, err },
      );
    } else if (event.type === 'etcd-connected') {
      this.connected = event.connected;
      this.err = event.err;
    } else if (event.type === 'beat') {
      this.holdForMs = event.holdForMs;
    }
  }
}
