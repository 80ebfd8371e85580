import { stat } from 'node:fs/promises';
import type { Clock } from '../../clock.ts';
import type { EtcdConfig } from '../../config/types.ts';
import { describe } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import type { Credentials } from './connection.ts';
import { readAccess } from './access.ts';

/** Renewed certificates are looked for this often: they overlap with the old ones for hours at least. */
const LOOK_EVERY_MS = 2_000;

export interface RenewalParts {
  readonly config: EtcdConfig;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Ends it. */
  readonly closed: AbortSignal;
  readonly onRenewed: (credentials: Credentials) => void;
}

/**
 * Looks at the certificate files, and reads them anew when they have been replaced. What is not usable,
 * as while only one of certificate and key is new, changes nothing: it is read again when it changes
 * again, and said when it stays so.
 */
export class Renewal {
  readonly #parts: RenewalParts;
  readonly #files: readonly string[];
  /** Of the files that are in use, and of those that were refused last. */
  #used: string | undefined;
  #refused: string | undefined;
  #refusals = 0;
  #cancel: (() => void) | undefined;

  constructor(parts: RenewalParts) {
    const { caFile, certFile, keyFile } = parts.config;
    this.#parts = parts;
    this.#files = [caFile, certFile, keyFile].filter((file) => file !== undefined);
  }

  /** Begins to look; what the files are now counts as used. */
  async start(): Promise<void> {
    const { closed } = this.#parts;
    this.#used = await this.#fingerprint();
    if (this.#files.length === 0 || closed.aborted) return;
    closed.addEventListener('abort', () => this.#cancel?.(), { once: true });
    this.#lookLater();
  }

  #lookLater(): void {
    const { clock, closed } = this.#parts;
    if (closed.aborted) return;
    this.#cancel = clock.timer(LOOK_EVERY_MS, () => {
      // look() says what went wrong by an event, and never rejects.
      void this.look().then(() => this.#lookLater());
    });
  }

  /** Looks once. */
  async look(): Promise<void> {
    const { config, closed, emit, onRenewed } = this.#parts;
    const print = await this.#fingerprint();
    if (print !== this.#refused) this.#refusals = 0;
    if (print === undefined || print === this.#used) return;
    try {
      const { credentials } = await readAccess(config);
      // Replaced once more while it was read: then both may not be of one kind. The next look reads it.
      if (closed.aborted || (await this.#fingerprint()) !== print) return;
      onRenewed(credentials);
      this.#used = print;
      emit({ type: 'credentials', renewed: true });
    } catch (error) {
      this.#refused = print;
      this.#refusals += 1;
      // The first time it may be half done; after the second all is said.
      if (this.#refusals !== 2) return;
      emit({ type: 'credentials', renewed: false, err: describe(error) });
    }
  }

  /** Changes with every replacement of a file; undefined while one is away. */
  async #fingerprint(): Promise<string | undefined> {
    try {
      const stats = await Promise.all(this.#files.map((file) => stat(file)));
      return stats.map(({ ino, mtimeMs, size }) => `${ino} ${mtimeMs} ${size}`).join(', ');
    } catch {
      return undefined; // Being replaced: the next look finds it.
    }
  }
}
