import { Keys } from '../../../src/election/keys.ts';
import { PREFIX } from '../host/daemon.ts';
import { NOTHING_LEFT, type Begin, type FaultKind } from './fault.ts';
import type { World } from './world.ts';

const keys = new Keys(PREFIX);

function remove({ cluster }: World, key: string | undefined): void {
  if (key === undefined) return;
  const success = [{ op: 'delete', key }] as const;
  cluster.submit(() => cluster.txn({ compares: [], success, failure: [] }));
}

function put({ cluster }: World, key: string, value: string): void {
  const success = [{ op: 'put', key, value }] as const;
  cluster.submit(() => {
    if (!cluster.full) cluster.txn({ compares: [], success, failure: [] });
  });
}

function electionOf({ group }: World): string {
  return keys.election(group.name, group.electionKey);
}

/** Somebody's hand in etcd: keys and leases deleted, or written by strangers. */
export const KEY_FAULTS = {
  'candidate-deleted': (world, _host, { choice }) => {
    const queue = world.cluster.keyspace.under(`${electionOf(world)}/`);
    remove(world, queue[choice < 0.7 ? 0 : Math.floor(choice * queue.length)]?.key);
    return NOTHING_LEFT;
  },
  'beat-deleted': (world, { options }) => {
    remove(world, keys.node(options.node));
    return NOTHING_LEFT;
  },
  'record-deleted': (world, _host, { choice }) => {
    const [first] = world.cluster.keyspace.under(`${electionOf(world)}/`);
    remove(world, keys.holder(world.group.name));
    if (choice < 0.5) remove(world, first?.key);
    return NOTHING_LEFT;
  },
  'lease-revoked': ({ cluster }, { disk }) => {
    const { leaseId } = disk.saved?.memory ?? {};
    if (leaseId !== undefined) cluster.submit(() => cluster.revoke(leaseId));
    return NOTHING_LEFT;
  },
  garbage: (world, { options }, { choice }) => {
    const stray = `${electionOf(world)}/stray`;
    const beat = keys.node(options.node);
    if (choice < 0.3) put(world, stray, 'nobody');
    else if (choice < 0.6) put(world, keys.holder(world.group.name), 'what is this');
    else put(world, beat, 'what is this');
    // An operator removes it again: a name under which something else is written stays taken.
    return () => {
      remove(world, stray);
      if (choice >= 0.6) remove(world, beat);
    };
  },
} satisfies Partial<Record<FaultKind, Begin>>;
