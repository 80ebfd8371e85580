import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'drained';
const MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** Says, over restarts and reboots, that this node keeps out of every election: a file that is there. */
export class DrainFile {
  readonly path: string;
  readonly #directory: string;

  /** @param stateDir survives a reboot; made when it is missing */
  constructor(stateDir: string) {
    this.#directory = stateDir;
    this.path = join(stateDir, NAME);
  }

  get isThere(): boolean {
    return existsSync(this.path);
  }

  /** Returns when it is on the disk. @throws Error with `code`: EROFS, EACCES, … */
  put(): void {
    mkdirSync(this.#directory, { recursive: true, mode: DIRECTORY_MODE });
    const fd = openSync(this.path, 'w', MODE);
    try {
      writeSync(fd, 'vip-elector undrain removes this\n');
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    // A name is on the disk when its directory is.
    const directory = openSync(this.#directory, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }

  /** Idempotent. @throws Error with `code` */
  remove(): void {
    rmSync(this.path, { force: true });
  }
}
