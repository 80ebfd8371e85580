import type { ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import { jsonReply, type Answer } from './routes.ts';

/** Of the 64 connections there are, so that scrapes and probes always find one. */
const MAX_LISTENERS = 16;
/** What may wait for one that reads slowly; beyond, it is dropped. A browser connects anew by itself. */
const MAX_WAITING_BYTES = 256 * 1024;
/** Nobody keeps a place for longer: a phone that went away without a word gives it back. */
const MAX_AGE_MS = 900_000;
/** A browser waits so long before it connects anew. */
const RETRY_MS = 2000;

export interface EventStreamParts {
  readonly clock: Pick<Clock, 'timer'>;
  /** What a new listener is told at once. */
  readonly greet: () => string;
  /** There was no listener, and now there is one. */
  readonly onFirst: () => void;
  /** The last listener has gone. */
  readonly onLast: () => void;
}

/** One server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export function eventText(name: string, data: unknown): string {
  // JSON has no line breaks of its own: one `data:` line is enough.
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Listeners to server-sent events: few, with little waiting for each, and none ever waited for. */
export class EventStream {
  readonly #parts: EventStreamParts;
  readonly #listeners = new Set<ServerResponse>();

  constructor(parts: EventStreamParts) {
    this.#parts = parts;
  }

  /** Takes in a listener, or refuses one more than there may be. */
  reply(): Answer {
    if (this.#listeners.size >= MAX_LISTENERS) {
      return jsonReply(503, { error: `there are ${MAX_LISTENERS} listeners already` });
    }
    return { open: (response) => this.#open(response) };
  }

  #open(response: ServerResponse): void {
    const cancel = this.#parts.clock.timer(MAX_AGE_MS, () => response.end());
    response.once('close', () => {
      cancel();
      this.#listeners.delete(response);
      if (this.#listeners.size === 0) this.#parts.onLast();
    });
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      Connection: 'close',
    });
    this.#listeners.add(response);
    if (this.#listeners.size === 1) this.#parts.onFirst();
    response.write(`retry: ${RETRY_MS}\n\n${this.#parts.greet()}`);
  }

  /** Sends to all, and drops those who have not read what came before. @param text of `eventText` */
  send(text: string): void {
    for (const response of this.#listeners) {
      if (response.writableLength > MAX_WAITING_BYTES) response.destroy();
      else response.write(text);
    }
  }

  get size(): number {
    return this.#listeners.size;
  }

  /** Ends every connection at once. */
  close(): void {
    for (const response of this.#listeners) response.destroy();
  }
}
