import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '../clock.ts';

interface Read {
  /** Of the file when it was read, in milliseconds. */
  readonly modifiedMs: number;
  readonly expiresMs: number | undefined;
}

/** When a client certificate expires; read anew when its file has changed, as when it was renewed. */
export class CertificateExpiry {
  readonly #file: string;
  readonly #clock: Pick<Clock, 'wallMs'>;
  #read: Read | undefined;

  /** @param file path of a PEM file; nothing is read yet */
  constructor(file: string, clock: Pick<Clock, 'wallMs'>) {
    this.#file = file;
    this.#clock = clock;
  }

  /** Seconds until it expires, negative afterwards; undefined when the file has none to tell. */
  seconds(): number | undefined {
    try {
      const { mtimeMs } = statSync(this.#file);
      if (this.#read?.modifiedMs !== mtimeMs) {
        this.#read = { modifiedMs: mtimeMs, expiresMs: expiryOf(this.#file) };
      }
    } catch {
      return undefined; // Away, or being replaced: absent, as without one; the next scrape asks again.
    }
    const { expiresMs } = this.#read;
    return expiresMs === undefined ? undefined : (expiresMs - this.#clock.wallMs()) / 1000;
  }
}

/** Wall-clock milliseconds. @throws Error when the file has no certificate */
function expiryOf(file: string): number | undefined {
  const at = Date.parse(new X509Certificate(readFileSync(file)).validTo);
  return Number.isNaN(at) ? undefined : at;
}
