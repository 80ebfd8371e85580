import { decodeBeat } from '../../../src/election/beat.ts';
import { Keys } from '../../../src/election/keys.ts';
import type { HolderRecord } from '../../../src/election/record.ts';
import type { Txn } from '../../../src/election/store.ts';
import { PREFIX } from '../host/daemon.ts';
import type { Cluster } from '../etcd/cluster.ts';
import type { Change } from '../etcd/keyspace.ts';
import { recordsIn } from './writes.ts';

const keys = new Keys(PREFIX);

/** A rate of 1 + ρ, with something for rounding. */
const FASTEST = 1.086;
/** How often a holder beats that nothing is known of, and one that does not yet beat as a holder does. */
const USUAL_EVERY_MS = 500;
/** So many reads that failed in a row are an outage. */
const OUTAGE_READS = 2;

/** After an outage the holder beats first: whoever has seen it deposes nobody for a while (rule 12 [A6]). */
export class Grace {
  readonly #cluster: Cluster;
  /** How many reads each process has sent while there was no leader, the last time that it sent any. */
  readonly #reads = new WeakMap<object, { outage: number; count: number }>();
  /** The shortest time from one beat to the next that each node has shown: who judges it may not know of a later one. */
  readonly #everyMs = new Map<string, number>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  onChange({ events }: Change): void {
    for (const { type, kv } of events) {
      if (type !== 'put' || !kv.key.startsWith(keys.nodes)) continue;
      const { beatEveryMs = USUAL_EVERY_MS } = decodeBeat(kv.value) ?? {};
      const known = this.#everyMs.get(kv.key) ?? USUAL_EVERY_MS;
      this.#everyMs.set(kv.key, Math.min(beatEveryMs, known));
    }
  }

  /**
   * @param requestDeadlineMs of the process
   * @returns what is wrong with a transaction that the process sends
   */
  sent(txn: Txn, process: object, requestDeadlineMs: number): string | undefined {
    const { available, availableSince, outages, now } = this.#cluster;
    const reads = this.#reads.get(process);
    const count = reads?.outage === outages ? reads.count : 0;
    // That of a group's history reads one key.
    const isRead = txn.compares.length === 0 && txn.success.length > 1;
    if (!available && isRead) this.#reads.set(process, { outage: outages, count: count + 1 });
    const deposed = recordsIn(txn).find(({ state }) => state === 'deposed');
    if (deposed === undefined || !available) return undefined;
    const graceMs = (2 * this.#everyMsOf(deposed) + requestDeadlineMs) / FASTEST;
    if (now - availableSince >= graceMs) return undefined;
    // One is sent when the one before has ended: the last may still have been answered.
    if (count <= OUTAGE_READS) return undefined;
    return `deposes ${now - availableSince} ms after an outage`;
  }

  /** How often the one that is deposed beats, or would. */
  #everyMsOf({ node }: HolderRecord): number {
    return this.#everyMs.get(keys.node(node)) ?? USUAL_EVERY_MS;
  }
}
