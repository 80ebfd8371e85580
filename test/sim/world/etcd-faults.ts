import { NOTHING_LEFT, type Begin, type FaultKind } from './fault.ts';
import { removeAgain } from './key-faults.ts';

/** No leader for a while; of what waited for one, half is lost with the old one. */
const noLeader: Begin = ({ cluster, rng }) => {
  cluster.loseQuorum();
  return () => cluster.regainQuorum(() => rng.chance(0.5));
};

/** What befalls etcd as a whole. */
export const ETCD_FAULTS = {
  'leader-change': noLeader,
  'quorum-lost': noLeader,
  restore: (world, _host, { choice }) => {
    const { cluster, invariants } = world;
    cluster.loseQuorum();
    const { outages } = cluster;
    return () => {
      // Another fault has ended the outage meanwhile: nobody restores a running cluster.
      if (cluster.available || cluster.outages !== outages) return;
      cluster.restore(Math.floor(choice * 4), choice * 4 - Math.floor(choice * 4) < 0.5);
      invariants.onRestore();
      cluster.regainQuorum(() => true);
      removeAgain(world);
    };
  },
  'no-space': ({ cluster }) => {
    cluster.full = true;
    return () => {
      cluster.full = false;
    };
  },
  'stale-keep-alives': ({ cluster, hosts, invariants }) => {
    cluster.staleKeepAlives = true;
    // Each lease may run out, one after the other.
    invariants.turnover.repetitions += hosts.length - 1;
    return () => {
      cluster.staleKeepAlives = false;
    };
  },
  compaction: ({ cluster, watches }) => {
    cluster.keyspace.compact(cluster.keyspace.revision);
    watches.breakAll();
    return NOTHING_LEFT;
  },
  'watch-broken': ({ watches }) => {
    watches.breakAll();
    return NOTHING_LEFT;
  },
} satisfies Partial<Record<FaultKind, Begin>>;
