import type { Writable } from 'node:stream';
import type { DestinationStream } from 'pino';

/**
 * Hands log lines to a stream that does not block (Node's stdout on a pipe or socket) and bounds
 * what waits there. A line that finds no room is dropped; when room is back, `onDropped` hears how
 * many there were. After the stream has failed (EPIPE: its reader is gone) lines go nowhere.
 */
export class PipeSink implements DestinationStream {
  readonly #stream: Writable;
  readonly #maxBytes: number;
  readonly #onDropped: (lines: number) => void;
  #dropped = 0;
  #broken = false;

  /** @param maxBytes bytes that may wait in `stream` */
  constructor(stream: Writable, maxBytes: number, onDropped: (lines: number) => void) {
    this.#stream = stream;
    this.#maxBytes = maxBytes;
    this.#onDropped = onDropped;
    stream.on('error', () => {
      this.#broken = true;
    });
    stream.on('drain', () => this.#reportDropped());
  }

  write(line: string): void {
    if (this.#broken) return;
    if (this.#stream.writableLength + Buffer.byteLength(line) > this.#maxBytes) {
      this.#dropped += 1;
      return;
    }
    this.#stream.write(line);
  }

  #reportDropped(): void {
    const lines = this.#dropped;
    if (lines === 0) return;
    this.#dropped = 0;
    this.#onDropped(lines);
  }
}
