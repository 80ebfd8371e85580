import { after } from '../clock.ts';
import type { ElectionCore } from './core.ts';
import type { Decision } from './decision.ts';
import { groundAfter } from './ground.ts';
import { appendHistory, type HistoryEntry } from './history.ts';
import type { Member } from './member.ts';
import { sameToken, type HolderRecord, type Token } from './record.ts';
import type { Self } from './situation.ts';
import { isRefusal, type KeyValue } from './store.ts';
import { isTrouble, JournalError } from './types.ts';
import type { GroupView } from './view.ts';

/** After an act that etcd refused or did not answer: once more, not at once. */
const RETRY_MS = 100;
const REFUSED_RETRY_MAX_MS = 5000;
/** Everything else after a taking waits this long: first the address, and its announcement. */
const AFTER_TAKING_MS = 50;

interface ActParts {
  readonly core: ElectionCore;
  readonly self: Self;
  /** Runs work beside the loops of the session. */
  readonly spawn: (work: Promise<void>) => void;
  /** Another node writes under our name. */
  readonly onNameTaken: (kv: KeyValue) => void;
  /** etcd has forgotten what it had confirmed. */
  readonly onRegressed: (detail: string) => void;
}

/** Carries out what was decided: one act at a time for each group, then a new look. */
export class Acts {
  readonly #parts: ActParts;

  constructor(parts: ActParts) {
    this.#parts = parts;
  }

  /** Begins what the decision asks for. `enqueue` goes through `enqueue`. */
  begin(member: Member, view: GroupView, decision: Decision, signal: AbortSignal): void {
    const { core, self, spawn } = this.#parts;
    const { candidacy, tenure } = member;
    const work = async (): Promise<void> => {
      switch (decision.kind) {
        case 'take': {
          const taken = await tenure.take(self, decision, view, signal);
          if (taken) spawn(this.#remember(member, view, signal));
          else core.view.doubt();
          // The pace of beats is a holder's from now on. The taking was one: the next has time.
          core.parts.clock.timer(AFTER_TAKING_MS, () => {
            core.beatNow.ring();
            // In an election outside our prefix nothing is taken on a lease that may end soon [H8].
            if (taken && !core.keys.isForeignElection(member.group.electionKey))
              core.lease.refresh();
          });
          break;
        }
        case 'depose':
          if (!(await candidacy.depose(self, decision.deposing, view, signal))) core.view.doubt();
          break;
        case 'dequeue':
          if (!(await candidacy.dequeue(decision.own, signal))) core.view.doubt();
          break;
        case 'mark-foreign':
          this.#pauseBeside(member, decision.leader);
          if (!(await candidacy.markForeign(self, decision.leader, view, signal)))
            core.view.doubt();
          break;
        case 'mark-unknown':
          if (!(await candidacy.markUnknown(self, decision.own, signal))) core.view.doubt();
          break;
        case 'enqueue':
        case 'wait':
          break;
      }
    };
    this.#busy([member], work);
  }

  /** A leader whom the record cannot show, or whose key etcd compares otherwise, is not written for ever. */
  #pauseBeside(member: Member, leader: Token): void {
    const { clock } = this.#parts.core.parts;
    const again = member.marked !== undefined && sameToken(member.marked, leader);
    if (again) member.retryAt = after(clock.now(), REFUSED_RETRY_MAX_MS);
    member.marked = leader;
  }

  /** Trouble on the way is soon over; a refusal (no space, no permission) needs a person. */
  #retryMs(members: readonly Member[], error: unknown): number {
    if (!isRefusal(error)) return RETRY_MS;
    for (const member of members) member.refusals += 1;
    const refusals = Math.max(...members.map((member) => member.refusals));
    return Math.min(RETRY_MS * 2 ** refusals, REFUSED_RETRY_MAX_MS);
  }

  #busy(members: readonly Member[], work: () => Promise<void>): void {
    for (const member of members) member.busy = true;
    const { core, spawn } = this.#parts;
    const act = async (): Promise<void> => {
      try {
        await work();
        for (const member of members) member.refusals = 0;
      } catch (error) {
        if (!isTrouble(error)) throw error;
        if (error instanceof JournalError)
          core.parts.emit({ type: 'state-unwritable', err: error });
        const { clock } = core.parts;
        const retryAt = after(clock.now(), this.#retryMs(members, error));
        for (const member of members) member.retryAt = retryAt;
      } finally {
        for (const member of members) member.busy = false;
        // What was just taken is to be assigned and announced before anything else.
        const holds = members.every((member) => member.listed?.recordRevision !== undefined);
        if (holds) core.parts.clock.timer(AFTER_TAKING_MS, () => core.look.ring());
        else core.look.ring();
      }
    };
    spawn(act());
  }

  /** All candidate keys that are wanted, and a beat, in one transaction [H13]. */
  enqueue(members: readonly Member[], signal: AbortSignal): void {
    const { core, self, onNameTaken, onRegressed } = this.#parts;
    const { heartbeat, transactions, store, keys, options, parts, beatNow } = core;
    const work = async (): Promise<void> => {
      const beat = heartbeat.compose(self);
      const elections = members.map(({ group }) => keys.election(group.name, group.electionKey));
      const { ground } = heartbeat.key;
      const txn = transactions.enqueue(beat, self.lease, ground, elections);
      const deadlineMs = options.timing.requestDeadlineMs;
      const reply = await store.txn(txn, { deadlineMs, signal });
      if (reply.succeeded) {
        const left = groundAfter(ground, self.lease, reply.header.revision);
        heartbeat.confirmed(beat, left, parts.clock.now());
        beatNow.ring();
        return;
      }
      const { nameTaken, regressed } = heartbeat.key.judge(self, reply, [], ground);
      if (nameTaken !== undefined) onNameTaken(nameTaken);
      else if (regressed !== undefined) onRegressed(regressed);
      else await parts.clock.sleep(RETRY_MS, signal);
    };
    this.#busy(members, work);
  }

  /** Writes the group's history, off the path of the takeover. */
  async #remember(member: Member, before: GroupView, signal: AbortSignal): Promise<void> {
    const { core, self } = this.#parts;
    const { node } = self;
    const atMs = core.parts.clock.wallMs();
    await core.parts.clock.sleep(AFTER_TAKING_MS, signal);
    const taken = { atMs, node, state: 'held', reason: 'elected', by: node };
    const { record } = before;
    const ended = record === undefined || record.state === 'unknown' ? [] : [entryOf(record)];
    const deadlineMs = core.options.timing.requestDeadlineMs;
    const key = core.keys.history(member.group.name);
    await appendHistory(core.store, key, [...ended, taken], { deadlineMs, signal });
  }
}

function entryOf({ changedMs, node, state, reason, by }: HolderRecord): HistoryEntry {
  return { atMs: changedMs, node, state, reason, by };
}
