import { after, elapsedMs, monotonicMicroseconds, type Clock, type Instant } from '../clock.ts';
import type { Emit } from '../events.ts';
import { sdNotify } from '../libc.ts';

/** The watchdog is fed so many times in its interval: one notice may be late (sd_watchdog_enabled(3) asks for two). */
const FEEDINGS = 4;
/** Digits of a time in microseconds that fit a number. */
const MICROSECONDS = /^[1-9]\d{0,14}$/;

/** The part of the environment that a service manager sets (sd_notify(3), sd_watchdog_enabled(3)). */
export interface ServiceEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

interface ServiceManagerParts {
  readonly clock: Clock;
  readonly emit: Emit;
  /** Sends one datagram. @throws SystemError */
  readonly send?: typeof sdNotify;
  readonly monotonicUs?: () => bigint;
}

/**
 * What the service manager is told: ready, stopping, that the control loop turns. Without one nothing is
 * sent. What it does not take is said once and changes nothing else: an address does not fall for a notice.
 */
export class ServiceManager {
  readonly #parts: ServiceManagerParts;
  readonly #socket: string | undefined;
  /** Without a turn of the control loop for so long the process is killed, in milliseconds; 0: never. */
  readonly watchdogMs: number;
  #fedAt: Instant | undefined;
  #refused = false;

  /** @param pid of this process: a watchdog that is meant for another is not ours to feed */
  constructor(environment: ServiceEnvironment, pid: number, parts: ServiceManagerParts) {
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment;
    this.#parts = parts;
    this.#socket = NOTIFY_SOCKET === '' ? undefined : NOTIFY_SOCKET;
    const forUs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(pid);
    const set = forUs && MICROSECONDS.test(WATCHDOG_USEC ?? '');
    this.watchdogMs = set ? Number(WATCHDOG_USEC) / 1000 : 0;
  }

  /** The daemon answers, and takes part in the elections; after a reload: by what it says now. */
  ready(): void {
    this.#tell('READY=1');
  }

  /** It reads its configuration anew; `ready` says when that is over, also if it was refused. */
  reloading(): void {
    const { monotonicUs = monotonicMicroseconds } = this.#parts;
    this.#tell(`RELOADING=1\nMONOTONIC_USEC=${monotonicUs()}`);
  }

  /** It releases what it holds. */
  stopping(): void {
    this.#tell('STOPPING=1');
  }

  /**
   * Called with every tick of the daemon: feeds the watchdog if it is time and the control loop has turned.
   * @param turnedAt when it last did
   */
  tick(turnedAt: Instant): void {
    const { watchdogMs } = this;
    if (watchdogMs === 0) return;
    const now = this.#parts.clock.now();
    const everyMs = watchdogMs / FEEDINGS;
    if (this.#fedAt !== undefined && now < after(this.#fedAt, everyMs)) return;
    // One that stands still for half of the interval is dead; etcd's silence does not make it stand.
    if (elapsedMs(turnedAt, now) > watchdogMs / 2) return;
    this.#fedAt = now;
    this.#tell('WATCHDOG=1');
  }

  #tell(state: string): void {
    if (this.#socket === undefined) return;
    const { send = sdNotify, emit } = this.#parts;
    try {
      send(this.#socket, state);
      this.#refused = false;
    } catch (error) {
      if (!this.#refused) emit({ type: 'notify-failed', state, err: error });
      this.#refused = true;
    }
  }
}
