import { Aborts } from './aborts.ts';
import { TraceHash } from './trace-hash.ts';

/** What an event belongs to. Its owner may drop it, or keep it for later. */
export interface Owner {
  /** Asked when the event is due. True: the owner has taken it away. */
  intercept(event: SimEvent): boolean;
}

export interface SimEvent {
  /** True time in milliseconds. */
  at: number;
  readonly order: number;
  readonly owner: Owner | undefined;
  /** A timer stands still with its machine's clock; a message waits for the machine to go on. */
  readonly kind: 'timer' | 'message';
  /** How long the owner's machine had stood still when this was scheduled, in milliseconds. */
  readonly stoodStillMs: number;
  readonly run: () => void;
  cancelled: boolean;
}

/**
 * True time and everything that happens in it. Events run one at a time, in the order of their
 * moments, then of their scheduling. An event of a process runs the daemon's code: before the next
 * event every microtask that it caused has run. Node empties the microtask queue before it looks at
 * the ticks that microtasks asked for, so a tick asked for by a microtask comes exactly when nothing
 * is left to settle (node:internal/process/task_queues, processTicksAndRejections).
 */
export class Scheduler {
  now = 0;
  readonly trace = new TraceHash();
  /** Who waits for an abort in this world. */
  readonly aborts = new Aborts();
  /**
   * Called after each event, when everything that it caused has settled; throws to end the run.
   * `owner`: of the event; undefined: it ran none of the daemon's code.
   */
  onSettled: (owner: Owner | undefined) => void = () => undefined;
  #heap: SimEvent[] = [];
  #order = 0;
  #events = 0;

  /** Events that have run. */
  get events(): number {
    return this.#events;
  }

  /** Events to come, those cancelled included. */
  get pending(): number {
    return this.#heap.length;
  }

  /** Something of the world itself: runs whoever is paused or dead. */
  after(ms: number, run: () => void): SimEvent {
    return this.add({ ms, run, owner: undefined, kind: 'timer', stoodStillMs: 0 });
  }

  add(what: Pick<SimEvent, 'run' | 'owner' | 'kind' | 'stoodStillMs'> & { ms: number }): SimEvent {
    const { ms, run, owner, kind, stoodStillMs } = what;
    this.#order += 1;
    const at = this.now + Math.max(ms, 0);
    const event = { at, order: this.#order, owner, kind, stoodStillMs, run, cancelled: false };
    this.#push(event);
    return event;
  }

  /** Runs until `done` says so, between two events, or true time has come to `endMs`. */
  run(endMs: number, done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = (): void => process.nextTick(turn);
      // A microtask as queueMicrotask's is, without the resource that Node makes for each of those.
      const already = Promise.resolve();
      let owner: Owner | undefined;
      const turn = (): void => {
        try {
          for (;;) {
            this.onSettled(owner);
            if (done()) break;
            const event = this.#pop(endMs);
            if (event === undefined) break;
            if (event.owner?.intercept(event) === true) continue;
            this.#events += 1;
            this.trace.mix(event.at, event.order);
            event.run();
            ({ owner } = event);
            // The world's own events touch no promise of the daemon's.
            if (owner === undefined) continue;
            void already.then(settled);
            return;
          }
        } catch (error) {
          reject(error instanceof Error ? error : new Error('not an error', { cause: error }));
          return;
        }
        resolve();
      };
      queueMicrotask(settled);
    });
  }

  #pop(endMs: number): SimEvent | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.at > endMs) {
        this.now = Math.max(this.now, endMs);
        return undefined;
      }
      this.#removeFirst();
      if (first.cancelled) continue;
      this.now = Math.max(this.now, first.at);
      return first;
    }
  }

  #push(event: SimEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as SimEvent;
      if (!isBefore(event, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop() as SimEvent;
    const { length } = heap;
    if (length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      if (below + 1 < length && isBefore(heap[below + 1] as SimEvent, heap[below] as SimEvent)) {
        below += 1;
      }
      const child = heap[below] as SimEvent;
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(one: SimEvent, other: SimEvent): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
