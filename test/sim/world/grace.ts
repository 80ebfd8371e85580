import type { Txn } from '../../../src/election/store.ts';
import type { Cluster } from '../etcd/cluster.ts';
import { recordsIn } from './writes.ts';

/** Two beats and a request deadline (rule 12), by the fastest clock: true milliseconds. */
const GRACE_MS = 1800 / 1.086;
/** So many reads that failed in a row are an outage. */
const OUTAGE_READS = 2;

/** After an outage the holder beats first: whoever has seen it deposes nobody for a while (rule 12 [A6]). */
export class Grace {
  readonly #cluster: Cluster;
  /** How many reads each process has sent while there was no leader, the last time that it sent any. */
  readonly #reads = new WeakMap<object, { outage: number; count: number }>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** @returns what is wrong with a transaction that the process sends */
  sent(txn: Txn, process: object): string | undefined {
    const { available, availableSince, outages, now } = this.#cluster;
    const reads = this.#reads.get(process);
    const count = reads?.outage === outages ? reads.count : 0;
    // That of a group's history reads one key.
    const isRead = txn.compares.length === 0 && txn.success.length > 1;
    if (!available && isRead) this.#reads.set(process, { outage: outages, count: count + 1 });
    const deposes = recordsIn(txn).some(({ state }) => state === 'deposed');
    if (!deposes || !available || now - availableSince >= GRACE_MS) return undefined;
    // One is sent when the one before has ended: the last may still have been answered.
    if (count <= OUTAGE_READS) return undefined;
    return `deposes ${now - availableSince} ms after an outage`;
  }
}
