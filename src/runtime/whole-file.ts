import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs';

/** The smallest page of our machines, and so a part of each larger one. */
const PAGE_BYTES = 4096;
/** Room for numbers that get longer; blanks until then, which JSON allows. */
const SPARE_BYTES = 32;
/** For root's eyes. */
const MODE = 0o600;

/** The file as it was written last. */
interface Written {
  readonly fd: number;
  readonly dev: number;
  readonly ino: number;
  readonly head: string;
  /** Where the tail begins, in bytes. */
  readonly offset: number;
  /** With its room. */
  readonly tail: Buffer;
}

/**
 * A file that anybody finds whole, in one state or the other, whenever the writer is killed. It is
 * written beside its place and renamed into it. A file system works hard for that (0.6 ms of CPU on
 * ext4, and writes to the disk); so where nothing but a short tail has changed, that alone is written
 * over the old one, by one write(2) within one page. The kernel copies such a piece at once under the
 * page's lock, and a signal, SIGKILL too, is looked at before and after it (mm/filemap.c,
 * generic_perform_write). Not for what a reader beside the writer must find whole: it reads without
 * that lock.
 */
export class WholeFile {
  readonly path: string;
  #written: Written | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Writes both, blanks between them if need be, and blanks behind. The file stays open.
   * @param tail less than a page
   * @throws Error with `code`: ENOENT when the directory is gone, ENOSPC, EROFS, …
   */
  write(head: string, tail: string): void {
    try {
      if (!this.#overwrite(head, tail)) this.#replace(head, tail);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Idempotent; the next write opens another. */
  close(): void {
    if (this.#written === undefined) return;
    closeSync(this.#written.fd);
    this.#written = undefined;
  }

  /** @returns false when the whole file has to be written */
  #overwrite(head: string, tail: string): boolean {
    const written = this.#written;
    if (written === undefined || written.head !== head) return false;
    const { fd, dev, ino, offset, tail: bytes } = written;
    if (Buffer.byteLength(tail) > bytes.length) return false;
    // Somebody may have removed it or put another there: whoever comes would not find what we write.
    const there = statSync(this.path, { throwIfNoEntry: false });
    if (there?.ino !== ino || there.dev !== dev) return false;
    bytes.fill(' ', bytes.write(tail));
    return writeSync(fd, bytes, 0, bytes.length, offset) === bytes.length;
  }

  #replace(head: string, tail: string): void {
    this.close();
    const length = Buffer.byteLength(tail) + SPARE_BYTES;
    const offset = placeOf(Buffer.byteLength(head), length);
    const whole = Buffer.alloc(offset + length, ' ');
    whole.write(head);
    whole.write(tail, offset);
    const next = `${this.path}.new`;
    const fd = openSync(next, 'w', MODE);
    try {
      for (let at = 0; at < whole.length;) at += writeSync(fd, whole, at);
      renameSync(next, this.path);
      const { dev, ino } = statSync(this.path);
      this.#written = { fd, dev, ino, head, offset, tail: Buffer.from(whole.subarray(offset)) };
    } finally {
      if (this.#written === undefined) closeSync(fd);
    }
  }
}

/** The first place from `start` on where so many bytes lie within one page. */
function placeOf(start: number, length: number): number {
  const isWithin = (start % PAGE_BYTES) + length <= PAGE_BYTES;
  return isWithin ? start : Math.ceil(start / PAGE_BYTES) * PAGE_BYTES;
}
