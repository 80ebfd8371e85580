import type { Clock, Instant } from '../../../src/clock.ts';
import type { Machine } from './machine.ts';
import type { Rng } from '../engine/rng.ts';
import type { Owner, SimEvent } from '../engine/scheduler.ts';

/** Timers of a healthy event loop come this late at most, in milliseconds (reliability.md §3.3: p99.9 13.8). */
const USUAL_LATE_MS = 1;

/**
 * One life of the daemon's process: its clock, and what it is given to do. A paused one is given
 * nothing; when it goes on, overdue timers and what its sockets hold come in either order.
 */
export class Process implements Clock, Owner {
  readonly machine: Machine;
  readonly #rng: Rng;
  #alive = true;
  #backlog: SimEvent[] | undefined;
  #wallOffsetMs = 1_700_000_000_000;
  #timers = 0;
  /** True time at which it was paused or killed last. */
  stoppedAt = 0;
  /** Times that it was paused so far. */
  pauses = 0;

  constructor(machine: Machine, rng: Rng) {
    this.machine = machine;
    this.#rng = rng;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#backlog !== undefined;
  }

  /** Can run code now. */
  get runs(): boolean {
    return this.#alive && this.#backlog === undefined && this.machine.runs;
  }

  /** Timers that have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers;
  }

  kill(): void {
    if (this.#backlog === undefined && this.#alive) this.stoppedAt = this.machine.scheduler.now;
    this.#alive = false;
    this.#backlog = undefined;
  }

  pause(): void {
    if (!this.#alive) return;
    this.pauses += 1;
    if (this.#backlog === undefined) this.stoppedAt = this.machine.scheduler.now;
    this.#backlog ??= [];
  }

  goOn(): void {
    const backlog = this.#backlog;
    if (backlog === undefined) return;
    this.#backlog = undefined;
    // Stopped in epoll_wait the loop sees its sockets first, stopped elsewhere perhaps its timers.
    const first = this.#rng.chance(0.5) ? 'timer' : 'message';
    const inOrder = [
      ...backlog.filter(({ kind }) => kind === first),
      ...backlog.filter(({ kind }) => kind !== first),
    ];
    for (const { run, kind } of inOrder) this.#add(0, run, kind);
  }

  /** The wall clock is set to something else. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  intercept(event: SimEvent): boolean {
    if (!this.#alive) return true;
    if (this.machine.intercept(event)) return true;
    if (this.#backlog === undefined) return false;
    this.#backlog.push(event);
    return true;
  }

  #add(ms: number, run: () => void, kind: 'timer' | 'message'): SimEvent {
    const { scheduler, stoodStillMs } = this.machine;
    return scheduler.add({ ms, run, owner: this, kind, stoodStillMs });
  }

  /** Something arrives after so much true time: a reply, an acknowledgement. */
  message(ms: number, run: () => void): SimEvent {
    return this.#add(ms, run, 'message');
  }

  // What the daemon calls.

  now(): Instant {
    return this.machine.now();
  }

  suspendedMs(): number {
    return this.machine.suspendedMs();
  }

  wallMs(): number {
    return Math.round(this.#wallOffsetMs + this.machine.now());
  }

  timer(ms: number, callback: () => void): () => void {
    const dueMs = Math.max(ms, 0) + this.#rng.next() * USUAL_LATE_MS;
    this.#timers += 1;
    let over = false;
    const end = (): void => {
      if (!over) this.#timers -= 1;
      over = true;
    };
    const run = (): void => {
      if (over) return; // Cancelled while it waited for a paused process.
      end();
      callback();
    };
    const event = this.#add(dueMs / this.machine.rate, run, 'timer');
    return () => {
      end();
      event.cancelled = true;
    };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      let forget: (() => void) | undefined;
      const cancel = this.timer(ms, () => {
        forget?.();
        resolve();
      });
      if (signal === undefined) return;
      forget = this.machine.scheduler.aborts.on(signal, (reason) => {
        cancel();
        reject(reason);
      });
    });
  }
}
