import { after, type Clock, type Instant } from '../../clock.ts';
import type { Connection } from './connection.ts';

/** After a call without any answer the connection is replaced, if it is older than this: TCP alone
 * would repeat its segments ever more seldom, and find a healed network as late as it was cut. */
const REPLACE_AFTER_MS = 2_000;

/** A connection, and what came through it. */
export interface Link {
  readonly connection: Connection;
  readonly since: Instant;
  answeredAt: Instant;
}

/** The way to one endpoint: connected when it is needed, anew when nothing comes through any more. */
export class Line {
  readonly #connect: () => Connection;
  readonly #clock: Clock;
  #link: Link | undefined;

  constructor(connect: () => Connection, clock: Clock) {
    this.#connect = connect;
    this.#clock = clock;
  }

  /** The present connection, or a new one. */
  open(): Link {
    if (!this.#link) {
      const now = this.#clock.now();
      this.#link = { connection: this.#connect(), since: now, answeredAt: now };
    }
    return this.#link;
  }

  /** A call from that moment on got no answer at all through this connection. */
  unanswered(link: Link, startedAt: Instant): void {
    if (link !== this.#link || link.answeredAt > startedAt) return;
    if (this.#clock.now() < after(link.since, REPLACE_AFTER_MS)) return;
    this.#link = undefined;
    link.connection.retire();
  }

  /** What comes next goes over a new connection; what is under way ends on the old one. */
  renew(): void {
    this.#link?.connection.retire();
    this.#link = undefined;
  }

  /** Closes the connection; calls under way are the caller's to abort. Idempotent. */
  close(): void {
    this.#link?.connection.close();
    this.#link = undefined;
  }
}
