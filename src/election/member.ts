import type { Instant } from '../clock.ts';
import type { Reason } from '../events.ts';
import { Candidacy, type CandidacyParts } from './candidacy.ts';
import { standingOf, type Listed } from './claim.ts';
import { sameToken, type Token } from './record.ts';
import { Stamps } from './stamps.ts';
import { Tenure, type TenureParts } from './tenure.ts';
import { TokenBook } from './token-book.ts';
import type { ElectionGroup } from './types.ts';
import type { GroupView } from './view.ts';

export interface MemberParts extends CandidacyParts, TenureParts {
  /** The election stands outside our prefix, where others may lead. */
  readonly foreignElection: boolean;
}

/** This node's standing in one group's election: what it wants there, and what it claims. */
export class Member {
  readonly group: ElectionGroup;
  readonly candidacy: Candidacy;
  readonly tenure: Tenure;
  readonly stamps = new Stamps();
  /** Whether this node should stand for election. */
  wanted = false;
  /** Not configured any more: what is left of it goes, and it is forgotten before the next session. */
  leaving = false;
  /** One act at a time. */
  busy = false;
  /** Acts that etcd refused in a row: the next one waits longer. */
  refusals = 0;
  /** No act before. */
  retryAt = 0 as Instant;
  /** The foreign leader that we last wrote down, or tried to. */
  marked: Token | undefined;
  /** The token is lost; the addresses are on their way off the link. */
  ending = false;
  readonly #parts: MemberParts;
  readonly #tokens: TokenBook;

  constructor(parts: MemberParts, group: ElectionGroup) {
    this.#parts = parts;
    this.group = group;
    const { clock, journal, heartbeat, foreignElection } = parts;
    this.#tokens = new TokenBook(group.name, {
      clock,
      journal,
      listed: heartbeat.listed,
      alwaysExact: foreignElection,
    });
    this.candidacy = new Candidacy(parts, group.name);
    this.tenure = new Tenure(parts, this, this.#tokens);
  }

  get listed(): Listed | undefined {
    return this.#tokens.listed;
  }

  /** Others take as soon as our key is gone, and nobody has confirmed that our addresses are. */
  get mustOutlive(): boolean {
    return this.#parts.foreignElection && this.listed !== undefined;
  }

  isBurnt(token: Token): boolean {
    return this.#tokens.isBurnt(token);
  }

  /** A token of our earlier life on this boot: listed from the first beat on (rule 6). */
  remember(token: Token): void {
    this.#tokens.remember(token);
  }

  /** The token must not be used any more; beats list it until the addresses are off (rule 6). */
  lose(reason: Reason, detail: string): void {
    const { listed } = this;
    if (listed === undefined || this.ending) return;
    listed.recordRevision = undefined;
    this.ending = true;
    this.#tokens.dismiss();
    this.#parts.listener.onLost(this.group.name, listed.token, reason, detail);
  }

  /**
   * Loses the token and burns it, and what was lost before: nothing that was seen or claimed until now
   * counts any more. The caller saves the journal.
   */
  forsake(reason: Reason, detail: string): void {
    this.stamps.clearAll();
    this.lose(reason, detail);
    this.#tokens.burnAll();
  }

  /** The kernel confirmed that the addresses are off. */
  withdrawn(): void {
    if (this.listed === undefined) return;
    this.tenure.withdraw();
    this.ending = false;
  }

  /** What a complete read, as of `revision`, says of what we claim. */
  check(view: GroupView, revision: number): void {
    const { listed } = this;
    if (listed === undefined || this.busy) return;
    const { foreignElection } = this.#parts;
    listed.alwaysExact = foreignElection || view.queue.some(({ ours }) => !ours);
    const { token } = listed;
    const { record } = view;
    const standing = view.queue.find((each) => sameToken(each, token));
    const { claim } = this.#tokens;
    if (claim !== undefined) {
      // An older picture says nothing of this taking.
      if (revision < claim.recordRevision) return;
      const found = standingOf(claim, standing?.createRevision, view.recordRevision, record);
      if (found === 'anew') this.#parts.heartbeat.key.mustBeTakenAnew(this.group.name);
      else if (found !== 'stands') this.lose(found.reason, found.detail);
      return;
    }
    // A claim whose taking was never confirmed and that the record does not name holds nothing.
    const named = record?.state === 'held' && sameToken(record.token, token);
    // Not wanted any more, it would be listed for ever and keep everybody else away.
    if (standing !== undefined && this.wanted && (named || !listed.uncertain)) return;
    const detail = standing ? 'the record names another' : 'the candidate key is gone';
    this.lose('lease-lost', detail);
  }

  /** Beats prove our claim, by promises as long as the present timing's. */
  get proves(): boolean {
    const { listed } = this;
    const { heartbeat } = this.#parts;
    return listed !== undefined && heartbeat.key.proves(listed) && !heartbeat.isLow(listed);
  }

  /**
   * Our claim stands, but no beat proves it (for so long) until it was taken anew. Only while its right lasts: then
   * nobody can have taken since, whoever does what to keys and records by hand.
   */
  get mustBeTakenAnew(): boolean {
    const { listed } = this;
    if (listed?.recordRevision === undefined || this.proves) return false;
    return this.#parts.clock.now() < listed.provedUntil;
  }
}
