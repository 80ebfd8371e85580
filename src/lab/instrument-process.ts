import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '../clock.ts';
import { modulePath } from './child-module.ts';
import type { FromInstrument, InstrumentConfig, ToInstrument } from './instrument-messages.ts';
import type { Recording } from './recording.ts';

/** No message takes longer to be answered, the first one (sockets, monitors) included. */
const REPLY_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 3_000;

/** Who answers for a VIP, as the client sees it. */
export interface Answering {
  /** Undefined: nobody. */
  readonly mac?: string;
  /** Since when, CLOCK_BOOTTIME. */
  readonly since: number;
}

/** The lab's end of the instruments: starts their process, asks for recordings. */
export class InstrumentProcess implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #config: InstrumentConfig;
  readonly #answering = new Map<string, Answering>();
  readonly #listeners = new Set<(message: FromInstrument) => void>();
  #child: ChildProcess | undefined;
  #failure: Error | undefined;

  constructor(clock: Clock, config: InstrumentConfig) {
    this.#clock = clock;
    this.#config = config;
  }

  /** Resolves when all instruments run. @throws Error */
  async start(): Promise<void> {
    // SIGINT of a terminal reaches the child as well; it leaves the end to us.
    const child = fork(modulePath('instrument'), { serialization: 'advanced' });
    this.#child = child;
    child.on('message', (message) => this.#hear(message as FromInstrument));
    child.once('exit', () => this.#hear({ type: 'failed', err: 'instruments ended' }));
    child.on('error', (error) => this.#hear({ type: 'failed', err: error.message }));
    await this.#ask({ type: 'start', config: this.#config }, 'ready');
  }

  /** A recording begins. @throws Error */
  async mark(): Promise<void> {
    await this.#ask({ type: 'mark' }, 'marked');
  }

  /** What was recorded since `mark`. @throws Error */
  async collect(): Promise<Recording> {
    const { recording } = await this.#ask({ type: 'collect' }, 'recording');
    return recording;
  }

  answering(vip: string): Answering | undefined {
    return this.#answering.get(vip);
  }

  /**
   * Calls `listener` whenever another station, or none, answers for a VIP, or an instrument broke;
   * returns the way to stop.
   */
  watch(listener: () => void): () => void {
    const filter = ({ type }: FromInstrument): void => {
      if (type === 'answering' || type === 'failed') listener();
    };
    this.#listeners.add(filter);
    return () => this.#listeners.delete(filter);
  }

  /** @throws Error when an instrument broke. */
  throwIfFailed(): void {
    if (this.#failure) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    if (child.connected) child.send({ type: 'stop' } satisfies ToInstrument);
    const cancel = this.#clock.timer(STOP_TIMEOUT_MS, () => child.kill('SIGKILL'));
    await ended;
    cancel();
  }

  #hear(message: FromInstrument): void {
    if (message.type === 'answering') {
      const { vip, mac, at } = message;
      this.#answering.set(vip, { since: at, ...(mac !== undefined && { mac }) });
    }
    if (message.type === 'failed') this.#failure ??= new Error(`instruments: ${message.err}`);
    for (const listener of this.#listeners) listener(message);
  }

  #ask<T extends FromInstrument['type']>(
    question: ToInstrument,
    answer: T,
  ): Promise<Extract<FromInstrument, { type: T }>> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        cancel();
        this.#listeners.delete(listener);
        finish();
      };
      const listener = (message: FromInstrument): void => {
        if (message.type === answer) {
          settle(() => resolve(message as Extract<FromInstrument, { type: T }>));
        } else if (message.type === 'failed') {
          settle(() => reject(this.#failure ?? new Error(message.err)));
        }
      };
      const cancel = this.#clock.timer(REPLY_TIMEOUT_MS, () =>
        settle(() => reject(new Error(`instruments: no answer to ${question.type}`))),
      );
      this.#listeners.add(listener);
      if (this.#failure) settle(() => reject(this.#failure!));
      else this.#child?.send(question, (error) => error && settle(() => reject(error)));
    });
  }
}
