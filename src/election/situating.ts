import { after, type Instant } from '../clock.ts';
import type { ElectionCore } from './core.ts';
import type { Member } from './member.ts';
import { sameToken, type Token } from './record.ts';
import type { Self, Situation } from './situation.ts';

/**
 * The record names a token of ours that the state file does not: an earlier life of the daemon
 * burnt it, and neither its release nor the deletion of its key came through (rule 15 [H6]).
 */
function isForgotten({ view, parts }: ElectionCore, group: string, token: Token): boolean {
  const { record } = view.group(group);
  const named = record?.state === 'held' && sameToken(record.token, token);
  return named && !parts.journal.memory.tokens.some((each) => sameToken(each.token, token));
}

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
    isBurnt: (token) => member.isBurnt(token) || isForgotten(core, group.name, token),
    readAt: reader.readAt ?? now,
    now,
    stamps: member.stamps,
    readsGoodSince: reader.goodSince,
    requestDeadlineMs: options.timing.requestDeadlineMs,
    quarantineUntil: quarantineUntil(core, foreignElection),
  };
}
