import type { Instant } from '../../../src/clock.ts';
import { decodeBeat } from '../../../src/election/beat.ts';
import { Keys } from '../../../src/election/keys.ts';
import { decodeRecord, sameToken, type Token } from '../../../src/election/record.ts';
import type { Operation, Txn } from '../../../src/election/store.ts';
import type { Witness } from '../etcd/client.ts';
import type { Keyspace } from '../etcd/keyspace.ts';
import { PREFIX } from './daemon.ts';
import type { Machine } from './machine.ts';

/** How long a machine may hold a group by what etcd has confirmed to it, whatever the daemon thinks. */
export interface Right {
  readonly token: Token;
  readonly until: Instant;
  /** When the newest beat that proved it had been sent. */
  readonly sentAt: number;
}

interface Proven {
  readonly group: string;
  readonly token: Token;
  readonly holdForMs: number;
}

const keys = new Keys(PREFIX);

/** Puts of heartbeats, by anyone. */
function beatOf(operations: readonly Operation[]): (Operation & { op: 'put' }) | undefined {
  return operations.find(
    (each): each is Operation & { op: 'put' } =>
      each.op === 'put' && each.key.startsWith(keys.nodes),
  );
}

/**
 * The oracle of one machine: derives from the bare store and from the moments of its own sending
 * what it may hold. It knows nothing of fences, claims or sessions. A write of the heartbeat proves
 * what, as it was applied, the record named as held by a standing key of the same lease.
 */
export class Rights implements Witness {
  readonly #machine: Machine;
  readonly #keyspace: Keyspace;
  readonly #byGroup = new Map<string, Right>();
  /** Told of every transaction as it is sent. */
  onSent: (txn: Txn) => void = () => undefined;

  constructor(machine: Machine, keyspace: Keyspace) {
    this.#machine = machine;
    this.#keyspace = keyspace;
  }

  of(group: string): Right | undefined {
    return this.#byGroup.get(group);
  }

  /** Whether the group may be held now, with so much tolerance in milliseconds of its own. */
  holds(group: string, toleranceMs = 0): boolean {
    const right = this.#byGroup.get(group);
    return right !== undefined && this.#machine.now() <= right.until + toleranceMs;
  }

  /** The machine starts anew. */
  clear(): void {
    this.#byGroup.clear();
  }

  onApplied(txn: Txn): readonly Proven[] {
    const written = beatOf(txn.success);
    const beat = written === undefined ? undefined : decodeBeat(written.value);
    if (beat === undefined) return [];
    return this.#keyspace.under(keys.holders).flatMap((kv) => {
      const record = decodeRecord(kv.value);
      if (record?.state !== 'held') return [];
      const { token, ceilingMs } = record;
      const key = this.#keyspace.get(token.key);
      if (key?.createRevision !== token.createRevision || key.lease !== beat.lease) return [];
      const group = kv.key.slice(keys.holders.length);
      return [{ group, token, holdForMs: Math.min(beat.holdForMs, ceilingMs) }];
    });
  }

  onConfirmed(_txn: Txn, sentAt: number, finding: unknown): void {
    for (const { group, token, holdForMs } of finding as readonly Proven[]) {
      const known = this.#byGroup.get(group);
      const until = (sentAt + holdForMs) as Instant;
      if (known !== undefined && sameToken(known.token, token)) {
        if (until > known.until) this.#byGroup.set(group, { token, until, sentAt });
      } else if (known === undefined || known.sentAt < sentAt) {
        // Of another token: an older beat's late reply gives nothing back.
        this.#byGroup.set(group, { token, until, sentAt });
      }
    }
  }
}
