import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '../clock.ts';
import { prefixEnd } from '../election/etcd/codec.ts';
import { modulePath } from './child-module.ts';
import type { EtcdCounters } from './etcd-counters.ts';
import { base64, type EtcdEntry } from './etcd-gateway.ts';
import type { ObserverAnswer, ObserverQuestion } from './observer-messages.ts';

const CALL_DEADLINE_MS = 1_000;
/** Every question is answered by then: a few calls to etcd at most. */
const ANSWER_TIMEOUT_MS = 10_000;

/** The lab's end of the observer: what an independent client in the client host sees of etcd. */
export class ObserverProcess implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #namespace: string;
  readonly #endpoints: readonly string[];
  readonly #waiting = new Map<number, (answer: ObserverAnswer) => void>();
  #child: ChildProcess | undefined;
  #questions = 0;

  constructor(clock: Clock, namespace: string, endpoints: readonly string[]) {
    this.#clock = clock;
    this.#namespace = namespace;
    this.#endpoints = endpoints;
  }

  async start(): Promise<void> {
    const child = fork(modulePath('observer'));
    this.#child = child;
    child.on('message', (message) => {
      const answer = message as ObserverAnswer;
      this.#waiting.get(answer.id)?.(answer);
    });
    const broken = (): void => {
      for (const [id, settle] of this.#waiting) settle({ id, err: 'the process ended' });
    };
    child.once('exit', broken);
    child.on('error', broken);
    await this.#ask({ ask: 'start', namespace: this.#namespace, endpoints: this.#endpoints });
  }

  /** Values of all keys below a prefix. @throws Error when no member answers */
  async values(prefix: string): Promise<string[]> {
    return (await this.entries(prefix)).map(({ value }) => value);
  }

  /** All keys below a prefix. @throws Error when no member answers */
  async entries(prefix: string): Promise<EtcdEntry[]> {
    const found = await this.#ask({ ask: 'entries', prefix, deadlineMs: CALL_DEADLINE_MS });
    return found as EtcdEntry[];
  }

  /** Writes a key without a lease, as a stranger would. @throws Error when etcd refuses */
  async put(key: string, value: string): Promise<void> {
    await this.call('/v3/kv/put', { key: base64(key), value: base64(value) });
  }

  /** Deletes a key, as a stranger would. @throws Error when etcd refuses */
  async delete(key: string): Promise<void> {
    await this.call('/v3/kv/deleterange', { key: base64(key) });
  }

  /** All keys that begin with `prefix`. @throws Error when etcd refuses */
  async deleteUnder(prefix: string): Promise<void> {
    const range_end = prefixEnd(prefix).toString('base64');
    await this.call('/v3/kv/deleterange', { key: base64(prefix), range_end });
  }

  /** A call of etcd's JSON gateway by way of one member. @throws Error when etcd refuses */
  async call(path: string, body: object, member = 0): Promise<unknown> {
    return this.#ask({ ask: 'call', member, path, body, deadlineMs: CALL_DEADLINE_MS });
  }

  /** Index of the member that all members say leads; undefined while they do not all. */
  async leader(): Promise<number | undefined> {
    const leader = await this.#ask({ ask: 'leader', deadlineMs: CALL_DEADLINE_MS });
    return (leader as number | null) ?? undefined;
  }

  /** What all members have counted. @throws Error when one does not answer */
  async counters(): Promise<EtcdCounters> {
    const counted = await this.#ask({ ask: 'counters', deadlineMs: CALL_DEADLINE_MS });
    return counted as EtcdCounters;
  }

  /** @throws Error when etcd refuses */
  async moveLeader(to: number): Promise<void> {
    await this.#ask({ ask: 'move-leader', to, deadlineMs: CALL_DEADLINE_MS });
  }

  /** Begins to write at a steady pace. */
  async startWriting(): Promise<void> {
    await this.#ask({ ask: 'write' });
  }

  /** Stops writing. @returns when each write was confirmed (CLOCK_BOOTTIME, milliseconds) */
  async stopWriting(): Promise<number[]> {
    return (await this.#ask({ ask: 'written' })) as number[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  #ask(question: ObserverQuestion): Promise<unknown> {
    this.#questions += 1;
    const id = this.#questions;
    return new Promise((resolve, reject) => {
      const settle = ({ value, err }: Omit<ObserverAnswer, 'id'>): void => {
        cancel();
        this.#waiting.delete(id);
        if (err === undefined) resolve(value);
        else reject(new Error(`observer: ${question.ask}: ${err}`));
      };
      const cancel = this.#clock.timer(ANSWER_TIMEOUT_MS, () => settle({ err: 'no answer' }));
      this.#waiting.set(id, settle);
      if (this.#child === undefined) settle({ err: 'it does not run' });
      else this.#child.send({ id, question }, (error) => error && settle({ err: error.message }));
    });
  }
}
