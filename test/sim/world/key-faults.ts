import { candidateKey, Keys, newLeaseId } from '../../../src/election/keys.ts';
import { PREFIX } from '../host/daemon.ts';
import { NOTHING_LEFT, type Begin, type FaultKind } from './fault.ts';
import { NO_LEASE, type KeyValue } from '../../../src/election/store.ts';
import type { SimGroup, World } from './world.ts';

const keys = new Keys(PREFIX);

function remove({ cluster }: World, key: string | undefined): void {
  if (key === undefined) return;
  const success = [{ op: 'delete', key }] as const;
  cluster.submit(() => cluster.txn({ compares: [], success, failure: [] }));
}

/** Until it is gone: a request may be lost with etcd's leader, and what is to be removed may still wait for one. */
function removeForGood(world: World, key: string): void {
  const { keyspace, available } = world.cluster;
  world.removed.add(key);
  if (available && keyspace.get(key) === undefined) return;
  if (available) remove(world, key);
  world.scheduler.after(REMOVED_AGAIN_MS, () => {
    const kv = keyspace.get(key);
    if (!available || kv?.lease === NO_LEASE) removeForGood(world, key);
  });
}

/** Who restores a snapshot looks whether that brought back what was removed. */
export function removeAgain(world: World): void {
  const { keyspace } = world.cluster;
  for (const key of world.removed) {
    if (keyspace.get(key)?.lease === NO_LEASE) removeForGood(world, key);
  }
}

function put({ cluster }: World, key: string, value: string, lease = NO_LEASE): void {
  const success = [{ op: 'put', key, value, lease }] as const;
  cluster.submit(() => {
    if (!cluster.full) cluster.txn({ compares: [], success, failure: [] });
  });
}

function electionOf({ name, electionKey }: SimGroup): string {
  return keys.election(name, electionKey);
}

/** The group's candidates, the leader first. */
function queueOf({ cluster }: World, group: SimGroup): readonly KeyValue[] {
  return cluster.keyspace.under(`${electionOf(group)}/`);
}

/** Of a node that is gone for good: of ours, and alive long after everything else. */
const STRAY_LEASE = newLeaseId(1n);
const STRAY_TTL_SECONDS = 3600;

/** An operator looks whether it has gone. */
const REMOVED_AGAIN_MS = 500;
/** How often somebody deletes again, in milliseconds: at least, at most, and for how long at most. */
const AGAIN_LEAST_MS = 20;
const AGAIN_MOST_MS = 300;
const AGAIN_FOR_MS = 4000;

/** As `watch etcdctl del --prefix` would, on one kind of key or on all three. */
function deletions(world: World, choice: number, group: SimGroup): readonly (() => void)[] {
  const under = (prefix: string) => (): void => {
    for (const { key } of world.cluster.keyspace.under(prefix)) remove(world, key);
  };
  const all = [under(keys.nodes), under(keys.holders), under(`${electionOf(group)}/`)];
  const kind = Math.floor(choice * 5);
  return kind < all.length ? all.slice(kind, kind + 1) : all;
}

/** Somebody's hand in etcd: keys and leases deleted, or written by strangers. */
export const KEY_FAULTS = {
  'candidate-deleted': (world, _host, { choice }, group) => {
    // Of one group, or of all that there are: whoever clears a whole election by mistake.
    const groups = choice < 0.9 ? [group] : world.groups;
    for (const each of groups) {
      const queue = queueOf(world, each);
      remove(world, queue[choice < 0.7 ? 0 : Math.floor(choice * queue.length)]?.key);
    }
    return NOTHING_LEFT;
  },
  'candidate-unleased': (world, _host, _fault, group) => {
    // As `etcdctl put` does: the key stays and belongs to no lease any more.
    const [first] = queueOf(world, group);
    if (first !== undefined) put(world, first.key, first.value);
    return NOTHING_LEFT;
  },
  'stray-candidate': (world, _host, _fault, group) => {
    // Without a lease it leads nothing; by what it then is put on it is the oldest of all.
    const { cluster } = world;
    const key = candidateKey(electionOf(group), STRAY_LEASE);
    put(world, key, 'n9');
    return () => {
      cluster.submit(() => cluster.grant(STRAY_LEASE, STRAY_TTL_SECONDS));
      put(world, key, 'n9', STRAY_LEASE);
    };
  },
  'beat-put-back': (world, { options }) => {
    // As it stood when this began: from somebody's backup.
    const { cluster } = world;
    const kv = cluster.keyspace.get(keys.node(options.node));
    return () => {
      if (kv === undefined || !cluster.leases.has(kv.lease)) return;
      remove(world, kv.key);
      put(world, kv.key, kv.value, kv.lease);
    };
  },
  'beat-deleted': (world, { options }) => {
    remove(world, keys.node(options.node));
    return NOTHING_LEFT;
  },
  'record-deleted': (world, _host, { choice }, group) => {
    const [first] = queueOf(world, group);
    remove(world, keys.holder(group.name));
    if (choice < 0.5) remove(world, first?.key);
    return NOTHING_LEFT;
  },
  'records-touched': (world, _host, { choice, forMs }, group) => {
    // Of a group that none of these hosts has, again and again; or once of one that they have.
    const other = keys.holder('elsewhere');
    const endsAt = world.scheduler.now + forMs;
    const touch = (): void => {
      put(world, other, 'what is this');
      const ms = 50 + choice * 900;
      if (world.scheduler.now + ms < endsAt) world.scheduler.after(ms, touch);
    };
    const record = world.cluster.keyspace.get(keys.holder(group.name));
    if (choice < 0.8) touch();
    else if (record !== undefined) put(world, record.key, record.value);
    return NOTHING_LEFT;
  },
  'keys-deleted-on': (world, _host, { choice, forMs }, group) => {
    const { scheduler, cluster } = world;
    const endsAt = scheduler.now + Math.min(forMs, AGAIN_FOR_MS);
    const acts = deletions(world, choice, group);
    const fraction = (choice * 5 * 7) % 1;
    const everyMs = AGAIN_LEAST_MS + fraction * (AGAIN_MOST_MS - AGAIN_LEAST_MS);
    const { turnover } = world.invariants;
    const again = (): void => {
      turnover.repetitions += 1;
      // Nobody's command goes through while there is no leader.
      if (cluster.available) for (const act of acts) act();
      if (scheduler.now + everyMs < endsAt) scheduler.after(everyMs, again);
    };
    again();
    return NOTHING_LEFT;
  },
  'lease-revoked': ({ cluster }, { disk }) => {
    const { leaseId } = disk.saved?.memory ?? {};
    if (leaseId !== undefined) cluster.submit(() => cluster.revoke(leaseId));
    return NOTHING_LEFT;
  },
  garbage: (world, { options }, { choice }, group) => {
    const stray = `${electionOf(group)}/stray`;
    const beat = keys.node(options.node);
    if (choice < 0.3) put(world, stray, 'nobody');
    else if (choice < 0.6) put(world, keys.holder(group.name), 'what is this');
    else put(world, beat, 'what is this');
    // An operator removes it again: a name under which something else is written stays taken.
    return () => {
      removeForGood(world, stray);
      if (choice >= 0.6) removeForGood(world, beat);
    };
  },
} satisfies Partial<Record<FaultKind, Begin>>;
