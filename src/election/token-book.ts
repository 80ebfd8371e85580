import type { Clock, Instant } from '../clock.ts';
import type { Claim, Listed } from './claim.ts';
import { sameToken, type Token } from './record.ts';
import type { Journal } from './types.ts';

/** Burnt tokens worth remembering: keys that may still stand because a deletion went unanswered. */
const MAX_BURNT = 16;

interface TokenBookParts {
  readonly clock: Clock;
  readonly journal: Journal;
  /** The tokens that every beat lists, by group. */
  readonly listed: Map<string, Listed>;
  /** Others than ours stand in the group's election. */
  readonly alwaysExact: boolean;
}

/** The tokens of one group: what our beats list, what the state file remembers, what is burnt. */
export class TokenBook {
  readonly #group: string;
  readonly #parts: TokenBookParts;
  #burnt: Token[];
  /** The token that the state file named at start. */
  #remembered: Token | undefined;
  /** Unlisted while some sent taking of it might still be applied. */
  #uncertain: Token | undefined;

  constructor(group: string, parts: TokenBookParts) {
    this.#group = group;
    this.#parts = parts;
    this.#burnt = parts.journal.memory.burnt
      .filter((each) => each.group === group)
      .map(({ token }) => token);
  }

  get listed(): Listed | undefined {
    return this.#parts.listed.get(this.#group);
  }

  /** What the listed token claims, once its taking was confirmed. */
  get claim(): Claim | undefined {
    const { listed } = this;
    if (listed?.recordRevision === undefined) return undefined;
    return { group: this.#group, token: listed.token, recordRevision: listed.recordRevision };
  }

  isBurnt(token: Token): boolean {
    return this.#burnt.some((burnt) => sameToken(burnt, token));
  }

  /** A token of our earlier life on this boot: listed from the first beat on (rule 6). */
  remember(token: Token): void {
    this.#remembered = token;
    this.list(token, Number.POSITIVE_INFINITY).uncertain = true;
  }

  /** Whether a taking by this token resumes an earlier life's hold; asked once. */
  resumes(token: Token): boolean {
    const resumed = this.#remembered !== undefined && sameToken(this.#remembered, token);
    this.#remembered = undefined;
    return resumed;
  }

  /** A taking after a loss is no resumption. */
  dismiss(): void {
    this.#remembered = undefined;
  }

  /**
   * Lists a token, in beats and in the memory; the caller saves the journal.
   * @param ceilingMs the longest promise that it may make
   */
  list(token: Token, ceilingMs: number): Listed {
    const known = this.listed;
    if (known !== undefined && sameToken(known.token, token)) {
      known.ceilingMs = ceilingMs;
      return known;
    }
    const { clock, journal, listed, alwaysExact } = this.#parts;
    const made: Listed = {
      token,
      recordRevision: undefined,
      takenOn: undefined,
      ceilingMs,
      uncertain: this.#uncertain !== undefined && sameToken(this.#uncertain, token),
      alwaysExact,
      intactAt: 0,
      exactSentAt: clock.now(),
      provedUntil: 0 as Instant,
      provedEveryMs: Infinity,
    };
    listed.set(this.#group, made);
    const others = journal.memory.tokens.filter((each) => each.group !== this.#group);
    journal.memory.tokens = [...others, { group: this.#group, token }];
    return made;
  }

  /** Lists a token again that was unlisted while the answer to its taking was under way. */
  relist(listed: Listed): void {
    this.#parts.listed.set(this.#group, listed);
  }

  /** Beats do not list it any more; the state file does, until it is burnt. */
  unlist(): void {
    const { listed } = this;
    // Taken again by the same token, it must not be dropped because this taking was refused.
    if (listed !== undefined) this.#uncertain = listed.uncertain ? listed.token : undefined;
    this.#parts.listed.delete(this.#group);
  }

  /** A token that was never assigned anywhere need not be withdrawn. */
  drop(token: Token): void {
    this.unlist();
    this.#erase(token);
  }

  /** Never to be claimed again; the caller saves the journal. */
  burn(token: Token): void {
    this.#burnt = [...this.#burnt, token].slice(-MAX_BURNT);
    const { memory } = this.#parts.journal;
    // The last one: an earlier one's key was deleted, or this one could not have been put there.
    const others = memory.burnt.filter((each) => each.group !== this.#group);
    memory.burnt = [...others, { group: this.#group, token }];
    this.#erase(token);
  }

  /** Burns what the state file names for the group, listed or not; the caller saves the journal. */
  burnAll(): void {
    for (const { group, token } of this.#parts.journal.memory.tokens) {
      if (group === this.#group) this.burn(token);
    }
  }

  #erase(token: Token): void {
    const { memory } = this.#parts.journal;
    memory.tokens = memory.tokens.filter((each) => !sameToken(each.token, token));
  }
}
