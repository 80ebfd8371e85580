import { after, type Instant } from '../clock.ts';
import type { ElectionCore } from './core.ts';
import type { Member } from './member.ts';
import type { Self, Situation } from './situation.ts';

/** While a taking would be over at once, it is thought of again after this. */
const LEASE_DOUBTED_MS = 100;

/**
 * In an election outside our prefix a hold ends with our lease (rule 5 [H8]). After an outage of etcd
 * nobody may have confirmed yet that the lease lasts: what is taken then is over when the answer comes,
 * given up, and taken again, a hundred times a second.
 */
function quarantineUntil({ lease, parts, options }: ElectionCore, isForeign: boolean): Instant {
  const { quietUntil } = parts.journal.memory;
  const now = parts.clock.now();
  if (!isForeign || lease.goodUntil > after(now, options.timing.requestDeadlineMs)) {
    return quietUntil;
  }
  const again = after(now, LEASE_DOUBTED_MS);
  return again > quietUntil ? again : quietUntil;
}

/** What a decision about one group rests on at this moment. */
export function situationOf(core: ElectionCore, self: Self, member: Member): Situation {
  const { view, reader, parts, options, keys } = core;
  const { listed, group } = member;
  const now = parts.clock.now();
  const foreignElection = keys.isForeignElection(group.electionKey);
  return {
    group: group.name,
    foreignElection,
    self,
    view: view.group(group.name),
    observations: view.observations,
    wanted: member.wanted,
    claimed: listed?.token,
    holding: member.proves,
    anew: member.mustBeTakenAnew,
    ending: member.ending,
    isBurnt: (token) => member.isBurnt(token),
    readAt: reader.readAt ?? now,
    now,
    stamps: member.stamps,
    readsGoodSince: reader.goodSince,
    requestDeadlineMs: options.timing.requestDeadlineMs,
    quarantineUntil: quarantineUntil(core, foreignElection),
  };
}
