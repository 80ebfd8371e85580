import { claims } from '../../../src/election/beat.ts';
import type { Txn } from '../../../src/election/store.ts';
import type { Host } from '../host/host.ts';
import { sentBeat } from '../host/sent.ts';

/**
 * A token is listed until its addresses are off, whatever the sender knows of its past: others take when
 * it is not (rules 6, 15 [H7, H12]).
 * @returns what is wrong with a transaction that the host sends
 */
export function unlistedWhileHeld(host: Host, { success }: Txn): string | undefined {
  const beat = sentBeat(success)?.beat;
  if (beat === undefined || host.excused) return undefined;
  for (const { name, vips } of host.options.groups) {
    const token = host.rights.of(name)?.token;
    if (token === undefined || claims(beat, name, token.createRevision)) continue;
    if (vips.some((vip) => host.has(vip))) return `beats without ${token.key}, which it has`;
  }
  return undefined;
}
