import { Nfnetlink, type Nftables } from '../../network/nfnetlink.ts';
import { NetworkError } from '../../network/network-error.ts';
import { managedAddresses } from './fence-sets.ts';
import type { FencedAddress } from './fence-table.ts';
import { removeRuleset } from './ruleset.ts';

/** No table, no nf_tables, or no right to look: then nobody of ours has made one. */
const NONE = ['ENOENT', 'ENOTSUP', 'EPERM'];

/** The tables that an earlier daemon has left in the kernel. */
export interface LeftoverFence {
  /** What they keep shut, or open for a while. */
  readonly managed: readonly FencedAddress[];
  /** @throws NetworkError */
  remove(): void;
}

/**
 * Looks for tables of ours, for one that makes none.
 * @returns undefined when there are none
 * @throws NetworkError when nobody can tell
 */
export function leftoverFence(
  open: () => Nftables = () => new Nfnetlink(),
): LeftoverFence | undefined {
  const managed = withNftables(open, managedAddresses);
  if (managed === undefined) return undefined;
  return { managed, remove: () => withNftables(open, removeAll) };
}

/** @returns undefined where there is nothing of ours */
function withNftables<T>(open: () => Nftables, act: (nftables: Nftables) => T): T | undefined {
  let nftables: Nftables | undefined;
  try {
    nftables = open();
    return act(nftables);
  } catch (error) {
    if (error instanceof NetworkError && NONE.includes(error.code)) return undefined;
    throw error;
  } finally {
    nftables?.close();
  }
}

function removeAll(nftables: Nftables): void {
  try {
    nftables.commit('remove the fence', removeRuleset(true));
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    // A kernel without family netdev refuses to hear of it.
    nftables.commit('remove the fence', removeRuleset(false));
  }
}
