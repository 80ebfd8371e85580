import type { KeyValue, Txn } from '../../../src/election/store.ts';
import type { VipGroup } from '../../../src/vip/types.ts';
import type { Keyspace } from '../etcd/keyspace.ts';
import type { Host } from '../host/host.ts';
import type { Invariant } from './violation.ts';

/** What is wrong with the candidate keys of its own that a host deletes by a transaction. */
export class GivingUp {
  readonly #groups: readonly VipGroup[];
  readonly #elections: ReadonlyMap<string, string>;
  readonly #keyspace: Keyspace;

  /** @param elections where each group's candidates stand */
  constructor(
    groups: readonly VipGroup[],
    elections: ReadonlyMap<string, string>,
    keyspace: Keyspace,
  ) {
    this.#groups = groups;
    this.#elections = elections;
    this.#keyspace = keyspace;
  }

  wrongIn(host: Host, { success }: Txn): [Invariant, string][] {
    const found: [Invariant, string][] = [];
    for (const { op, key } of success) {
      if (op !== 'delete') continue;
      const own = this.#keyspace.get(key);
      const ownLease = host.disk.saved?.memory.leaseId;
      const group = this.#groups.find(({ name }) =>
        key.startsWith(this.#elections.get(name) ?? '?'),
      );
      // Its own by its name: somebody may have taken it off its lease.
      if (group === undefined || !key.endsWith(`/${ownLease}`)) continue;
      // No key is given up before its addresses.
      if (group.vips.some((vip) => host.has(vip))) {
        found.push(['key-given-up-while-held', `gives up ${key}`]);
      }
      // Off its lease it has no turn.
      const alone = success.length === 1 && own?.lease === ownLease;
      if (alone && own !== undefined && standsFor(host, group.name, own)) {
        found.push(['turn-given-up', `gives up ${key}`]);
      }
    }
    return found;
  }
}

/**
 * Whether the host wants its turn: only who does not stand any more, or has held by this very key,
 * deletes it (rules 10, 13).
 */
function standsFor({ daemon, rights, route, stopping }: Host, group: string, own: KeyValue) {
  // What the first copy of a request did, and the second was refused, looks refused.
  if (stopping || route.hasDoubled || rights.hasTaken(own)) return false;
  const status = daemon?.groups.get(group)?.status;
  // Before it has probed anything it does not stand, and keeps no turn of an earlier life.
  if (status?.stands !== true) return false;
  return status.name === 'following' || status.name === 'campaigning';
}
