import type { Config, GroupConfig } from '../config/types.ts';
import { StoreError, type CallOptions, type Store } from '../election/store.ts';
import { ConfigError, type ConfigProblem } from '../errors.ts';
import { talosElectionKey, talosManagedVips, type ManagedVip } from './election.ts';

/** Of host names that anybody may have written. */
const SHOWN_NODES = 5;

/**
 * Refuses a VIP that Talos manages in this very etcd: two elections for one address make two holders.
 * A group that stands in Talos's own election of its only VIP is welcome.
 * @throws ConfigError (exit 2) for what is refused, StoreError while etcd does not answer
 */
export async function refuseTalosVips(
  { groups }: Pick<Config, 'groups'>,
  store: Pick<Store, 'txn'>,
  options: CallOptions,
): Promise<void> {
  const problems = talosConflicts(groups, await managed(store, options));
  if (problems.length > 0) throw new ConfigError(problems);
}

async function managed(store: Pick<Store, 'txn'>, options: CallOptions): Promise<ManagedVip[]> {
  try {
    return await talosManagedVips(store, options);
  } catch (error) {
    // Talos's etcd has no users and no roles: where we may not read there, it is another's etcd.
    if (error instanceof StoreError && error.code === 'PERMISSION_DENIED') return [];
    throw error;
  }
}

/** What of the groups is at odds with what Talos manages. Pure. */
export function talosConflicts(
  groups: readonly GroupConfig[],
  managedVips: readonly ManagedVip[],
): ConfigProblem[] {
  return groups.flatMap(({ name, vips, electionKey }) =>
    vips.flatMap(({ address }) => {
      const found = managedVips.find(({ vip }) => vip === address);
      if (found === undefined || electionKey === talosElectionKey(address)) return [];
      return [
        {
          field: `vips of group ${name}`,
          value: address,
          problem: `is managed by Talos in this etcd (${standing(found)}): it would get two holders`,
          remedy:
            `take the VIP out of Talos's machine configs first (vip-elector talos unset), or join ` +
            `its election: a group of this VIP alone with electionKey ${talosElectionKey(address)}`,
        },
      ];
    }),
  );
}

function standing({ nodes }: ManagedVip): string {
  const shown = nodes.slice(0, SHOWN_NODES).map((node) => JSON.stringify(node.slice(0, 64)));
  const more = nodes.length > SHOWN_NODES ? ', …' : '';
  return `candidates ${shown.join(', ')}${more}`;
}
