import { isCurrent, type Claim, type Listed, type Loss } from './claim.ts';
import { NOTHING, standingsOf, writerOf, type BeatFinding } from './finding.ts';
import { laterGround, type BeatGround, type OwnGround } from './ground.ts';
import type { Self } from './situation.ts';
import type { TxnReply } from './store.ts';

/**
 * Our heartbeat key, as far as answers have told: what the next beat is written over, and what a token
 * was taken on. Only over the very key that its taking left is a token proved.
 */
export class HeartbeatKey {
  /** Tokens that every beat lists, by group. */
  readonly #listed: ReadonlyMap<string, Listed>;
  ground: BeatGround = { kind: 'absent' };

  constructor(listed: ReadonlyMap<string, Listed>) {
    this.#listed = listed;
  }

  /** Our heartbeat key stands on this lease: as found, or later. */
  standsAt(found: OwnGround): void {
    this.ground = laterGround(this.ground, found);
  }

  /** Create revision of the key on this session's lease; undefined when none is known to stand. */
  get created(): number | undefined {
    return this.ground.kind === 'own' ? this.ground.created : undefined;
  }

  /** Whether beats prove this token: taken, and our heartbeat key is the one that its taking left. */
  proves({ recordRevision, takenOn }: Listed): boolean {
    return recordRevision !== undefined && takenOn !== undefined && takenOn === this.created;
  }

  /**
   * What a failed compare means, from the keys that its else-branch read (rule 3): overtaken is not
   * lost; a key that is gone, or a record that changed, is.
   * @param ground over which the beat was sent
   */
  judge(self: Self, reply: TxnReply, claims: readonly Claim[], ground: BeatGround): BeatFinding {
    const writer = writerOf(self, reply.results[0]?.kvs[0]);
    switch (writer.kind) {
      case 'absent':
        this.#vanished(ground);
        break;
      case 'own':
        if (ground.kind === 'own' && writer.revision < ground.revision) {
          const regressed = `our beat of revision ${ground.revision} is there as of ${writer.revision}`;
          return { ...NOTHING, regressed };
        }
        this.standsAt(writer);
        break;
      case 'earlier':
        // It stood otherwise for a while: as if somebody had deleted it and put it anew.
        for (const group of this.#listed.keys()) this.mustBeTakenAnew(group);
        this.ground = writer;
        break;
      case 'other':
        return { ...NOTHING, nameTaken: writer.kv };
    }
    const lost: Loss[] = [];
    let dropped = false;
    for (const [index, standing] of standingsOf(reply, claims).entries()) {
      const claim = claims[index];
      // An answer to an older question: the claim has ended or was taken anew meanwhile.
      if (claim === undefined || standing === 'stands' || !isCurrent(claim, this.#listed)) continue;
      dropped = true;
      if (standing === 'anew') this.mustBeTakenAnew(claim.group);
      else lost.push(standing);
    }
    const anew = [...this.#listed.values()].some(
      (each) => each.recordRevision !== undefined && !this.proves(each),
    );
    return { ...NOTHING, lost, again: dropped, anew };
  }

  /** No beat proves the group's token until it was taken anew; what is proved stays proved. */
  mustBeTakenAnew(group: string): void {
    const listed = this.#listed.get(group);
    if (listed !== undefined) listed.takenOn = undefined;
  }

  /** Somebody has deleted our heartbeat key; unless it is an answer from before we put it anew. */
  #vanished(asked: BeatGround): void {
    const { ground } = this;
    if (ground.kind === 'own' && asked.kind === 'own' && ground.created > asked.created) return;
    this.ground = { kind: 'absent' };
  }
}
