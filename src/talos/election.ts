import { candidateKey } from '../election/keys.ts';
import type { EtcdStore } from '../election/etcd.ts';
import { NO_LEASE, type CallOptions, type KeyValue, type Store } from '../election/store.ts';

/**
 * Root of Talos's elections of virtual IPs in its etcd: one election for each address
 * (siderolabs/talos pkg/machinery/constants, VIPElectionPrefix; the operator adds the address).
 */
const ROOT = 'talos:v1:vip:election:';

/** Key of Talos's election of an address, in the canonical text of Go's netip: what `electionKey` takes. */
export function talosElectionKey(vip: string): string {
  return `${ROOT}${vip}`;
}

/** One who stands in Talos's election of an address. */
export interface TalosCandidate {
  /** The host name that it wrote. */
  readonly node: string;
  readonly leaseId: string;
  /** The lowest one leads. */
  readonly createRevision: number;
  /** Whole seconds until its lease ends, were it not renewed. */
  readonly leaseLeftSeconds: number;
  /** Talos grants 60, which cannot be configured. */
  readonly leaseGrantedSeconds: number;
}

/** Talos's election of one address: the first candidate leads, the others wait in this order. */
export interface TalosElection {
  readonly vip: string;
  readonly electionKey: string;
  readonly revision: number;
  readonly candidates: readonly TalosCandidate[];
}

/**
 * Reads Talos's election of an address by one linearizable read, then what each lease has left.
 * @throws StoreError
 */
export async function readTalosElection(
  store: Pick<EtcdStore, 'txn' | 'timeToLive'>,
  vip: string,
  options: CallOptions,
): Promise<TalosElection> {
  const electionKey = talosElectionKey(vip);
  const { kvs, revision } = await range(store, `${electionKey}/`, options);
  const standing = kvs
    .filter((kv) => isCandidate(kv, electionKey))
    .toSorted((one, other) => one.createRevision - other.createRevision);
  const candidates = await Promise.all(
    standing.map(async ({ value, lease, createRevision }) => {
      const { left, granted } = await store.timeToLive(lease, options);
      return {
        node: value,
        leaseId: lease,
        createRevision,
        leaseLeftSeconds: left,
        leaseGrantedSeconds: granted,
      };
    }),
  );
  return { vip, electionKey, revision, candidates };
}

/** An address that Talos manages, and who stands for it. */
export interface ManagedVip {
  readonly vip: string;
  /** Host names, the leader first. */
  readonly nodes: readonly string[];
}

/**
 * The addresses that Talos manages in this etcd.
 * @throws StoreError
 */
export async function talosManagedVips(
  store: Pick<Store, 'txn'>,
  options: CallOptions,
): Promise<ManagedVip[]> {
  const { kvs } = await range(store, ROOT, options);
  const byVip = new Map<string, string[]>();
  for (const kv of kvs.toSorted((one, other) => one.createRevision - other.createRevision)) {
    const vip = kv.key.slice(ROOT.length, kv.key.lastIndexOf('/'));
    if (!isCandidate(kv, talosElectionKey(vip))) continue;
    byVip.set(vip, [...(byVip.get(vip) ?? []), kv.value]);
  }
  return [...byVip].map(([vip, nodes]) => ({ vip, nodes }));
}

/** As Go's concurrency.Election writes them: the key ends with the lease that it is attached to. */
function isCandidate({ key, lease }: KeyValue, election: string): boolean {
  return lease !== NO_LEASE && key === candidateKey(election, lease);
}

async function range(
  store: Pick<Store, 'txn'>,
  key: string,
  options: CallOptions,
): Promise<{ kvs: readonly KeyValue[]; revision: number }> {
  const success = [{ op: 'range', key, prefix: true }] as const;
  const { results, header } = await store.txn({ compares: [], success, failure: [] }, options);
  return { kvs: results[0]?.kvs ?? [], revision: header.revision };
}
