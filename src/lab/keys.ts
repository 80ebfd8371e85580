import type { EtcdEntry } from './etcd-gateway.ts';
import type { Lab } from './lab.ts';

/** Keys of the group `default` (protocol.md, Keys), as the lab meddles with them. */

/** Where candidates stand. */
export const CANDIDATES = '/vip-elector/elections/default/';
/** The holder record. */
export const RECORD = '/vip-elector/holders/default';

/** The heartbeat key of a node. */
export function heartbeatKey(node: string): string {
  return `/vip-elector/nodes/${node}`;
}

/** The candidate key of a node. @throws Error when it has none */
export async function candidateOf(lab: Lab, node: string): Promise<EtcdEntry> {
  const found = (await lab.observer.entries(CANDIDATES)).find(({ value }) => value === node);
  if (found === undefined) throw new Error(`${node} is no candidate`);
  return found;
}

/** Who holds, and by which key and create revision, as one text; undefined without a record. */
export async function tokenHeld(lab: Lab): Promise<string | undefined> {
  const [record] = await lab.observer.values(RECORD);
  if (record === undefined) return undefined;
  const { state, token } = JSON.parse(record) as { state: string; token: unknown };
  return `${state} ${JSON.stringify(token)}`;
}
