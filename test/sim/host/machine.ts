import type { Instant } from '../../../src/clock.ts';
import type { Owner, Scheduler, SimEvent } from '../engine/scheduler.ts';

/** How a machine stands still: of a `vm-pause` its own clocks know nothing, a `suspend` BOOTTIME counts. */
export type Standstill = 'vm-pause' | 'suspend';

/**
 * One host's hardware and clocks. Its clocks run at a rate of their own and stand still with it;
 * whatever it had scheduled (its kernel's timers and its processes') stands still too.
 */
export class Machine implements Owner {
  readonly name: string;
  /** Milliseconds of its own in one of true time. */
  readonly rate: number;
  readonly scheduler: Scheduler;
  powered = true;
  /** Counts boots: what an earlier one had scheduled never happens. */
  boot = 1;
  /** Counts suspends and clock-stopping pauses: kernel lifetimes armed before one end later. */
  standstills = 0;
  /** True time at which it went on after its last clock-stopping pause. */
  unpausedAt = -Infinity;
  #standing: { kind: Standstill; since: number; held: SimEvent[] } | undefined;
  #stoodStillMs = 0;
  #suspendedMs = 0;
  /** True time at which its clock would have shown 0. */
  #bootedAt: number;

  constructor(scheduler: Scheduler, name: string, rate: number, upForMs: number) {
    this.scheduler = scheduler;
    this.name = name;
    this.rate = rate;
    this.#bootedAt = -upForMs;
  }

  get bootId(): string {
    return `${this.name}-boot-${this.boot}`;
  }

  get standing(): Standstill | undefined {
    return this.#standing?.kind;
  }

  /** Works: has power and does not stand still. */
  get runs(): boolean {
    return this.powered && this.#standing === undefined;
  }

  /** True milliseconds that it has stood still in all, until now. */
  get stoodStillMs(): number {
    const since = this.#standing?.since;
    return this.#stoodStillMs + (since === undefined ? 0 : this.scheduler.now - since);
  }

  /** CLOCK_MONOTONIC, in milliseconds. */
  monotonicMs(): number {
    return (this.scheduler.now - this.#bootedAt - this.stoodStillMs) * this.rate;
  }

  /** CLOCK_BOOTTIME less CLOCK_MONOTONIC, in milliseconds. */
  suspendedMs(): number {
    const standing = this.#standing;
    const under = standing?.kind === 'suspend' ? this.scheduler.now - standing.since : 0;
    return (this.#suspendedMs + under) * this.rate;
  }

  /** CLOCK_BOOTTIME. */
  now(): Instant {
    return (this.monotonicMs() + this.suspendedMs()) as Instant;
  }

  /** The true time at which CLOCK_BOOTTIME will show `instant` unless the machine stands still. */
  trueTimeOf(instant: Instant): number {
    return this.scheduler.now + (instant - this.now()) / this.rate;
  }

  /** Schedules something of the machine by its own clock. */
  timer(ms: number, run: () => void, owner: Owner = this): SimEvent {
    const { stoodStillMs, rate } = this;
    return this.scheduler.add({ ms: ms / rate, run, owner, kind: 'timer', stoodStillMs });
  }

  stand(kind: Standstill): void {
    if (this.#standing !== undefined || !this.powered) return;
    this.standstills += 1;
    this.#standing = { kind, since: this.scheduler.now, held: [] };
  }

  /** @returns since when, in true time, it has stood still */
  goOn(): number {
    const standing = this.#standing;
    if (standing === undefined) return this.scheduler.now;
    const ms = this.scheduler.now - standing.since;
    this.#standing = undefined;
    this.#stoodStillMs += ms;
    if (standing.kind === 'suspend') this.#suspendedMs += ms;
    else this.unpausedAt = this.scheduler.now;
    for (const event of standing.held) this.#again(event);
    return standing.since;
  }

  #again({ at, run, owner, kind, stoodStillMs: before }: SimEvent): void {
    const { scheduler, stoodStillMs } = this;
    // A timer has as much to go as when the machine stopped; a message has arrived meanwhile.
    const ms = kind === 'timer' ? at + stoodStillMs - before - scheduler.now : 0;
    scheduler.add({ ms, run, owner, kind, stoodStillMs });
  }

  /** Power lost: all that was scheduled is gone. */
  cutPower(): void {
    this.powered = false;
    this.#standing = undefined;
    this.boot += 1;
  }

  powerOn(): void {
    this.powered = true;
    this.#stoodStillMs = 0;
    this.#suspendedMs = 0;
    this.#bootedAt = this.scheduler.now;
  }

  /** Events of the kernel: their own boot is checked by who schedules them. */
  intercept(event: SimEvent): boolean {
    if (!this.powered) return true;
    const standing = this.#standing;
    if (standing !== undefined) {
      standing.held.push(event);
      return true;
    }
    if (event.kind === 'timer' && event.stoodStillMs < this.stoodStillMs) {
      this.#again(event);
      return true;
    }
    return false;
  }
}
