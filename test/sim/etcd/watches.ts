import type { WatchEvent, WatchRequest } from '../../../src/election/store.ts';
import type { Process } from '../host/process.ts';
import { storeError, type Cluster } from './cluster.ts';
import type { Change } from './keyspace.ts';
import type { Route } from './route.ts';

/** A watch that hears nothing is given up after this: the probes of etcd.ts find the connection dead. */
const BREAKS_AFTER_MS = 3000;

/** One process's watch. */
interface Watch {
  readonly request: WatchRequest;
  readonly process: Process;
  readonly route: Route;
  readonly reject: (error: Error) => void;
  /** True time of the last delivery: the next must not overtake it. */
  lastAt: number;
  /** etcd has set it up. */
  begun: boolean;
  closed: boolean;
}

/** All watches of all processes on one cluster: what each is told, late, with gaps, or not at all. */
export class Watches {
  readonly #cluster: Cluster;
  #watches = new Set<Watch>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.onRestart = () => this.breakAll();
  }

  /** Open watches. */
  get size(): number {
    return this.#watches.size;
  }

  open(request: WatchRequest, process: Process, route: Route): Promise<void> {
    const { signal } = request;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const watch = { request, process, route, reject, lastAt: 0, begun: false, closed: false };
      this.#watches.add(watch);
      process.machine.scheduler.aborts.on(signal, () => {
        this.#close(watch);
        resolve();
      });
      process.message(2 * route.delayMs(), () => this.#begin(watch));
    });
  }

  #begin(watch: Watch): void {
    if (watch.closed) return;
    const { request, route } = watch;
    const { available, keyspace } = this.#cluster;
    if (!available || route.isCut) {
      this.#break(watch, 'DEADLINE_EXCEEDED');
      return;
    }
    watch.begun = true;
    const { fromRevision } = request;
    if (fromRevision === undefined) return;
    if (fromRevision <= keyspace.compacted) {
      this.#break(watch, 'COMPACTED');
      return;
    }
    for (const change of keyspace.since(fromRevision)) this.#deliver(watch, change);
  }

  #close(watch: Watch): void {
    watch.closed = true;
    this.#watches.delete(watch);
  }

  #break(watch: Watch, code: 'UNAVAILABLE' | 'COMPACTED' | 'DEADLINE_EXCEEDED'): void {
    if (watch.closed) return;
    this.#close(watch);
    watch.process.message(0, () => watch.reject(storeError(code, 'the watch broke')));
  }

  breakAll(): void {
    for (const watch of this.#watches) this.#break(watch, 'UNAVAILABLE');
  }

  /** Breaks those that go by a route. */
  breakOf(route: Route): void {
    for (const watch of this.#watches) {
      if (watch.route === route) this.#break(watch, 'UNAVAILABLE');
    }
  }

  tell(change: Change): void {
    for (const watch of this.#watches) {
      if (!watch.process.alive) this.#close(watch);
      else this.#deliver(watch, change);
    }
  }

  #deliver(watch: Watch, { events, revision }: Change): void {
    const { request, process, route } = watch;
    if (!watch.begun || revision < (request.fromRevision ?? 0)) return;
    const wanted = events.filter(({ kv }) => request.prefixes.some((p) => kv.key.startsWith(p)));
    if (wanted.length === 0 || route.watchIsStuck) return;
    if (route.isCut) {
      process.message(BREAKS_AFTER_MS, () => this.#break(watch, 'UNAVAILABLE'));
      return;
    }
    const told: WatchEvent[] = wanted.filter(() => !route.dropsEvent());
    if (told.length === 0) return;
    const { scheduler } = process.machine;
    const at = Math.max(scheduler.now + route.delayMs(), watch.lastAt);
    watch.lastAt = at;
    const header = { clusterId: this.#cluster.clusterId, revision };
    process.message(at - scheduler.now, () => {
      if (!watch.closed) request.onEvents(told, header);
    });
  }
}
