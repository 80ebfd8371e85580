import type { Rng } from '../engine/rng.ts';

/** What becomes of one call on its way to etcd and back; milliseconds of true time. */
export interface Passage {
  /** Until it is applied; undefined: never. */
  readonly requestMs: number | undefined;
  /** Applied a second time so much later. */
  readonly againMs: number | undefined;
  /** Of two, only the second is answered. */
  readonly secondAnswers: boolean;
  /** From its effect to the reply; undefined: no reply comes. */
  readonly replyMs: number | undefined;
  /** An error comes after this, though the call may be applied all the same. */
  readonly errorMs: number | undefined;
}

/** The way between one machine and etcd, with what is wrong with it. */
export class Route {
  /** Usual time from one end to the other. */
  readonly usualMs: number;
  readonly #rng: Rng;
  /** Requests do not arrive. */
  requestsCut = false;
  /** Replies do not arrive. */
  repliesCut = false;
  /** Requests that write nothing do not arrive: their sender beats on and reads nothing. */
  readsCut = false;
  /** So much later come the replies to such requests: what the watch tells meanwhile overtakes them. */
  readReplyMs = 0;
  /** Nor do keep-alives: its lease runs out while it beats. */
  keepAlivesCut = false;
  /** It has carried some request twice. */
  hasDoubled = false;
  /** Shares of calls that lose their request, their reply, are applied late, applied twice, fail. */
  loss = 0;
  replyLoss = 0;
  late = 0;
  twice = 0;
  failure = 0;
  /** Added to each way, at most. */
  slowMs = 0;
  watchIsStuck = false;
  watchGaps = 0;

  constructor(rng: Rng, usualMs: number) {
    this.#rng = rng;
    this.usualMs = usualMs;
  }

  get isCut(): boolean {
    return this.requestsCut || this.repliesCut;
  }

  /** Everything is well again. */
  heal(): void {
    this.requestsCut = false;
    this.repliesCut = false;
    this.readsCut = false;
    this.readReplyMs = 0;
    this.keepAlivesCut = false;
    this.loss = 0;
    this.replyLoss = 0;
    this.late = 0;
    this.twice = 0;
    this.failure = 0;
    this.slowMs = 0;
    this.watchIsStuck = false;
    this.watchGaps = 0;
  }

  delayMs(): number {
    return this.usualMs * this.#rng.between(0.5, 1.5) + this.slowMs * this.#rng.next();
  }

  dropsEvent(): boolean {
    return this.watchGaps > 0 && this.#rng.chance(this.watchGaps);
  }

  /** @param what it is, if only that */
  passage(what?: 'read' | 'keep-alive'): Passage {
    const rng = this.#rng;
    const cut = (what === 'read' && this.readsCut) || (what === 'keep-alive' && this.keepAlivesCut);
    const requestMs = this.delayMs();
    const replyMs = this.delayMs() + (what === 'read' ? this.readReplyMs : 0);
    const troubled = this.loss + this.replyLoss + this.late + this.twice + this.failure > 0;
    if (!troubled && !this.isCut && !cut) {
      return { requestMs, replyMs, againMs: undefined, secondAnswers: false, errorMs: undefined };
    }
    const lost = this.requestsCut || cut || rng.chance(this.loss);
    const replyLost = this.repliesCut || rng.chance(this.replyLoss);
    const fails = rng.chance(this.failure);
    const lateMs = rng.chance(this.late) ? rng.between(300, 9000) : 0;
    const unapplied = lost || (fails && rng.chance(0.5));
    const againMs = rng.chance(this.twice) ? rng.between(1, 6000) : undefined;
    if (againMs !== undefined) this.hasDoubled = true;
    return {
      requestMs: unapplied ? undefined : requestMs + lateMs,
      againMs,
      secondAnswers: rng.chance(0.5),
      replyMs: replyLost || fails ? undefined : replyMs,
      errorMs: fails ? requestMs + replyMs : undefined,
    };
  }
}
