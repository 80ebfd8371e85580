import type { Clock } from '../clock.ts';
import type { Config } from '../config/types.ts';
import { openEtcdStore } from '../election/etcd/open.ts';
import { StoreError } from '../election/store.ts';
import { survey, type Survey } from '../election/survey.ts';
import { talosConflicts } from '../talos/admission.ts';
import { talosManagedVips, type ManagedVip } from '../talos/election.ts';
import { fail, ok, type Finding } from './finding.ts';

const READ_WITHIN_MS = 2000;

/** Who elects and holds what, by etcd. */
export interface ElectionsSeen {
  readonly survey: Survey;
  /** VIPs that Talos itself manages in the same etcd. */
  readonly managed: readonly ManagedVip[];
}

/** Reads them; undefined where etcd does not serve: its own lines say why. */
export async function seeElections(
  config: Config,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<ElectionsSeen | undefined> {
  const store = await openEtcdStore(config.etcd, { clock, emit: () => undefined });
  const options = { deadlineMs: READ_WITHIN_MS, signal };
  const elsewhere = new Map(
    config.groups.flatMap(({ name, electionKey }) =>
      electionKey === undefined ? [] : [[name, electionKey] as const],
    ),
  );
  try {
    const found = await survey(store, config.prefix, elsewhere, options);
    return { survey: found, managed: await managedUnlessDenied(store, options) };
  } catch (error) {
    if (error instanceof StoreError && !signal.aborted) return undefined;
    throw error;
  } finally {
    store.close();
  }
}

async function managedUnlessDenied(
  ...asked: Parameters<typeof talosManagedVips>
): Promise<ManagedVip[]> {
  try {
    return await talosManagedVips(...asked);
  } catch (error) {
    // Talos's etcd has no users: where we may not read there, it is another's.
    if (error instanceof StoreError && error.code === 'PERMISSION_DENIED') return [];
    throw error;
  }
}

/** Whether Talos holds elections of its own for VIPs of ours: a daemon would not start. */
export function judgeTalos(
  groups: Config['groups'],
  managed: readonly ManagedVip[] | undefined,
): Finding[] {
  if (managed === undefined) return [];
  const problems = talosConflicts(groups, managed);
  if (problems.length === 0) {
    return [ok('Talos', 'manages no VIP of ours in this etcd but in our own election')];
  }
  return problems.map(({ field, value, problem, remedy }) =>
    fail('Talos', `${field} = ${JSON.stringify(value)} ${problem}`, remedy),
  );
}

/** Who holds a group by its record: null is nobody. */
export function holderOf(
  seen: ElectionsSeen | undefined,
  group: string,
): string | null | undefined {
  if (seen === undefined) return undefined;
  const record = seen.survey.groups.find(({ name }) => name === group)?.record;
  return record?.state === 'held' ? record.node : null;
}
