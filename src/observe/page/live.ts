import { elapsedMs, type Clock, type Instant } from '../../clock.ts';
import { describe } from '../../errors.ts';
import { EventStream, eventText } from '../event-stream.ts';
import type { OwnTransition } from '../recent.ts';
import type { Answer } from '../routes.ts';
import type { StatusReport } from '../status.ts';
import { makePicture, type ClusterReading } from './picture.ts';

/** Bars and numbers in between are the browser's. */
const FRAME_EVERY_MS = 500;
/** One look at etcd, however many listen; none when nobody does. */
const LOOK_EVERY_MS = 1000;

export interface LiveParts {
  readonly clock: Clock;
  readonly status: () => StatusReport;
  readonly own: () => readonly OwnTransition[];
  /** Reads what all nodes have written. @throws Error when etcd does not answer */
  readonly read: (signal: AbortSignal) => Promise<ClusterReading>;
  /** Of the daemon. */
  readonly signal: AbortSignal;
}

interface Heard {
  readonly seq: number;
  readonly at: Instant;
  readonly holdForMs: number;
}

/** Tells browsers what happens, while any listen. */
export class Live {
  readonly #parts: LiveParts;
  readonly #stream: EventStream;
  readonly #heard = new Map<string, Heard>();
  #reading: ClusterReading | undefined;
  #blind: string | null = 'etcd was not asked yet';
  #shown = '';
  #listening: AbortController | undefined;

  constructor(parts: LiveParts) {
    this.#parts = parts;
    this.#stream = new EventStream({
      clock: parts.clock,
      greet: () => this.#pictureText() + this.#slackText(),
      onFirst: () => this.#begin(),
      onLast: () => this.#listening?.abort(new Error('nobody listens')),
    });
    parts.signal.addEventListener('abort', () => this.#stream.close(), { once: true });
  }

  /** Takes in a listener, if there is room. */
  reply(): Answer {
    return this.#stream.reply();
  }

  #begin(): void {
    const listening = new AbortController();
    this.#listening = listening;
    const signal = AbortSignal.any([this.#parts.signal, listening.signal]);
    void this.#repeat(FRAME_EVERY_MS, signal, async () => this.#frame());
    void this.#repeat(LOOK_EVERY_MS, signal, () => this.#look(signal));
  }

  /** Until the signal aborts; `work` must not reject. */
  async #repeat(everyMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await work();
      // It rejects only when the signal aborts.
      await this.#parts.clock.sleep(everyMs, signal).catch(() => undefined);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { clock, read } = this.#parts;
    try {
      this.#reading = await read(signal);
      this.#blind = null;
    } catch (error) {
      this.#blind = describe(error);
      return;
    }
    const { nodes } = this.#reading.survey;
    for (const node of this.#heard.keys()) {
      if (!nodes.some((each) => each.node === node)) this.#heard.delete(node);
    }
    for (const { node, beat } of nodes) {
      if (beat === undefined || this.#heard.get(node)?.seq === beat.seq) continue;
      this.#heard.set(node, { seq: beat.seq, holdForMs: beat.holdForMs, at: clock.now() });
    }
  }

  #frame(): void {
    try {
      const picture = this.#pictureText();
      if (picture !== this.#shown) this.#stream.send(picture);
      this.#shown = picture;
      this.#stream.send(this.#slackText());
    } catch (error) {
      // A page that cannot be made is no reason to let an address go.
      this.#stream.send(eventText('failed', { why: describe(error) }));
    }
  }

  #pictureText(): string {
    const { status, own } = this.#parts;
    return eventText(
      'picture',
      makePicture({
        status: status(),
        own: own(),
        reading: this.#reading,
        blind: this.#blind,
      }),
    );
  }

  /** What is left of rights to hold, in milliseconds. */
  #slackText(): string {
    const { clock, status } = this.#parts;
    const now = clock.now();
    const { etcd, uptimeMs } = status();
    const nodes = [...this.#heard].map(([node, { at, holdForMs }]) => [
      node,
      { heardMs: Math.round(elapsedMs(at, now)), holdForMs },
    ]);
    return eventText('slack', {
      atMs: clock.wallMs(),
      uptimeMs,
      slackMs: etcd.slackMs,
      holdForMs: etcd.holdForMs,
      nodes: Object.fromEntries(nodes) as unknown,
    });
  }
}
