import type { Clock } from '../clock.ts';
import type { Deposing } from './deposing.ts';
import { endedRecord, foreignRecord, unknownRecord, type Token } from './record.ts';
import type { Self } from './situation.ts';
import type { Send } from './store.ts';
import type { Transactions } from './transactions.ts';
import type { Candidate, GroupView } from './view.ts';

export interface CandidacyParts {
  readonly clock: Clock;
  readonly transactions: Transactions;
  readonly send: Send;
}

/**
 * What this node may write in one group's election without holding it: it clears the way to the head
 * of the queue, and notes in the record whom it finds there.
 */
export class Candidacy {
  readonly #parts: CandidacyParts;
  readonly #group: string;

  constructor(parts: CandidacyParts, group: string) {
    this.#parts = parts;
    this.#group = group;
  }

  /** @returns false when etcd refused: a victim lives or is gone, or the record has changed */
  async depose(self: Self, what: Deposing, view: GroupView, signal: AbortSignal): Promise<boolean> {
    const { clock, transactions, send } = this.#parts;
    const deposed =
      what.endsHold && view.record !== undefined
        ? endedRecord(view.record, {
            state: 'deposed',
            reason: 'deposed',
            by: self.node,
            nowMs: clock.wallMs(),
          })
        : undefined;
    const txn = transactions.depose(this.#group, what, view.recordRevision, deposed);
    return (await send(txn, signal)).succeeded;
  }

  /** @returns false when etcd refused: the key is another, or gone */
  async dequeue(own: Token, signal: AbortSignal): Promise<boolean> {
    const { transactions, send } = this.#parts;
    return (await send(transactions.dequeue(own), signal)).succeeded;
  }

  /** @returns false when etcd refused: the record has changed, or the leader */
  async markForeign(
    self: Self,
    leader: Candidate,
    view: GroupView,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock, transactions, send } = this.#parts;
    const record = foreignRecord(leader, leader.node, self.node, clock.wallMs());
    const txn = transactions.markForeign(this.#group, leader, view.recordRevision, record);
    return (await send(txn, signal)).succeeded;
  }

  /** @returns false when etcd refused: there is a record by now */
  async markUnknown(self: Self, own: Token, signal: AbortSignal): Promise<boolean> {
    const { clock, transactions, send } = this.#parts;
    const record = unknownRecord(own, self.node, clock.wallMs());
    return (await send(transactions.markUnknown(this.#group, own, record), signal)).succeeded;
  }
}
