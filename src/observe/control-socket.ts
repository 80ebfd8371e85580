import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Emit } from '../events.ts';
import { Listener } from './listener.ts';
import { jsonReply, type Routes } from './routes.ts';
import type { StatusReport } from './status.ts';

/** Name of the socket in the runtime directory (design §7). */
export const CONTROL_SOCKET = 'control.sock';

/** Read and write for root alone: who may connect may command. */
const MODE = 0o600;
const UMASK = 0o177;
/** linux/un.h UNIX_PATH_MAX with its final 0. Longer, libuv cuts the path off without a word. */
const MAX_PATH_BYTES = 107;

export interface ControlSocketParts {
  readonly runtimeDir: string;
  readonly status: () => StatusReport;
  readonly emit: Emit;
  /** Calls that change something, by path; `/status` is always there. */
  readonly routes?: Routes;
}

/**
 * HTTP on a unix socket for commands on this node. The caller holds the lock of the runtime
 * directory, so a socket that lies there already is of a dead daemon and is removed.
 */
export class ControlSocket {
  readonly path: string;
  readonly #emit: Emit;
  readonly #listener: Listener;

  constructor({ runtimeDir, status, emit, routes }: ControlSocketParts) {
    this.path = join(runtimeDir, CONTROL_SOCKET);
    this.#emit = emit;
    this.#listener = new Listener({
      ...routes,
      '/status': { GET: () => jsonReply(200, status()) },
    });
  }

  /** Begins to listen. Resolves in any case; what fails is a `listen-failed` event. */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await this.#listen(signal);
      this.#emit({ type: 'listening', listen: this.path });
    } catch (error) {
      await this.#listener.stop();
      if (signal.aborted) return;
      this.#emit({ type: 'listen-failed', listen: this.path, err: error });
    }
  }

  async #listen(signal: AbortSignal): Promise<void> {
    if (Buffer.byteLength(this.path) > MAX_PATH_BYTES) {
      throw new Error(`path of the socket is longer than ${MAX_PATH_BYTES} bytes`);
    }
    removeStale(this.path);
    // The kernel makes the file while listen() runs, which it does before it returns its promise:
    // at no moment can anybody else connect.
    const before = process.umask(UMASK);
    let listening: Promise<void>;
    try {
      listening = this.#listener.listen({ path: this.path }, signal);
    } finally {
      process.umask(before);
    }
    await listening;
    chmodSync(this.path, MODE); // Where the directory has a default ACL, the umask does not count.
  }

  /** Closes every connection at once and removes the socket. Idempotent. */
  stop(): Promise<void> {
    return this.#listener.stop();
  }
}

function removeStale(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket()) throw new Error('there is something at its place that is no socket');
  rmSync(path);
}
