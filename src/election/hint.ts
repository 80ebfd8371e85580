import type { Decision } from './decision.ts';
import type { Member } from './member.ts';
import { decodeRecord, sameToken } from './record.ts';
import { ownCandidate, type Situation } from './situation.ts';
import type { KeyValue } from './store.ts';
import type { GroupView } from './view.ts';

/**
 * The last hold has just ended, says the watch: take at once, without a read before. The watch
 * decides nothing: the transaction compares the very revision of the record that it showed, and
 * that all who stood before us are gone (none can have come before us since), so its success is
 * the linearizable proof of rule 8. If it fails, nothing happened; the read that follows tells.
 * @param kv the holder record as the watch showed it
 * @returns undefined when the next read has to tell
 */
export function hintedTaking(
  member: Member,
  situation: Situation,
  kv: KeyValue,
): { view: GroupView; decision: Decision } | undefined {
  const record = decodeRecord(kv.value);
  const over = record?.state === 'released' || record?.state === 'deposed';
  if (record === undefined || !over) return undefined;
  if (member.busy || member.ending || !member.wanted) return undefined;
  if (member.listed !== undefined) return undefined;
  const own = ownCandidate(situation);
  if (own === undefined || situation.foreignElection || situation.isBurnt(own)) return undefined;
  if (situation.now < situation.quarantineUntil) return undefined;
  const { queue } = situation.view;
  const ahead = queue.slice(0, queue.indexOf(own));
  if (!ahead.every((each) => sameToken(each, record.token))) return undefined;
  const view = { ...situation.view, record, recordRevision: kv.modRevision };
  return { view, decision: { kind: 'take', own, ahead } };
}
