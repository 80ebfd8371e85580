import { Nfnetlink, type Nftables } from '../../network/nfnetlink.ts';
import { NetworkError } from '../../network/network-error.ts';
import { FenceTable } from './fence-table.ts';
import { TABLE, setOf } from './fence-sets.ts';
import { listElements } from './set.ts';

/** Whether tables of ours are in the kernel, whoever made them. */
function isThere(nftables: Nftables): boolean {
  try {
    nftables.list('list managed VIPs', listElements(setOf(TABLE.inet, 'managed', 4)));
    return true;
  } catch (error) {
    // No table, no nf_tables, or no right to look: then nobody of ours has made one.
    if (error instanceof NetworkError) return false;
    throw error;
  }
}

/**
 * The tables that an earlier daemon has left in the kernel, for one that makes none.
 * @returns what removes them (throws NetworkError); undefined when there are none
 */
export function leftoverFence(
  open: () => Nftables = () => new Nfnetlink(),
): (() => void) | undefined {
  let nftables: Nftables;
  try {
    nftables = open();
  } catch (error) {
    if (error instanceof NetworkError) return undefined; // A kernel without netfilter.
    throw error;
  }
  const found = isThere(nftables);
  nftables.close();
  if (!found) return undefined;
  return () => {
    const table = FenceTable.open(open());
    try {
      table.remove();
    } finally {
      table.close();
    }
  };
}
