import type { Claim, Neighbours } from '../announce/types.ts';
import { after, elapsedMs, type Clock, type Instant } from '../clock.ts';
import { describe } from '../errors.ts';
import type { ConflictPolicy, Emit, GroupState } from '../events.ts';
import type { Owner } from '../election/roster.ts';
import type { NetworkMonitor } from '../network/monitor.ts';
import type { Link } from '../network/types.ts';
import { Foreigners } from './foreigners.ts';
import type { Fault } from './machine.ts';
import type { VipGroup } from './types.ts';

/** So long before an unclean taking the LAN is asked: longer than an answer takes, shorter than a wait. */
const ASK_AHEAD_MS = 120;
/** Once more, should the first be lost. */
const ASK_AGAIN_MS = 60;
/** An answer that has not come by then does not come. */
const ANSWER_WITHIN_MS = 500;
/** While the group is held: whoever answers but does not announce is found within a second. */
const PATROL_EVERY_MS = 700;
/** A VIP that somebody else has is asked for again so often, until nobody answers. */
const BARRED_MS = 5000;
/** Of many VIPs one after the other, at most so many a second. */
const PATROL_AT_LEAST_MS = 100;

export interface ConflictParts {
  readonly clock: Clock;
  readonly emit: Emit;
  readonly monitor: Pick<NetworkMonitor, 'links'>;
  readonly neighbours: Neighbours;
  /** Whose link has this MAC. */
  readonly ownerOf: (mac: string) => Promise<Owner>;
  readonly onConflict: ConflictPolicy;
}

/** The group that is watched over. */
interface Subject {
  readonly group: VipGroup;
  readonly link: () => Link | undefined;
  readonly state: () => GroupState;
  readonly spawn: (work: Promise<void>) => void;
  /** The group cannot be held here while somebody else has a VIP of it. */
  readonly onFault: (fault: Fault | undefined) => void;
  /** One announcement of one VIP, beside the schedule. */
  readonly defend: (address: string) => void;
}

/**
 * Finds other stations that have a VIP of the group (RFC 5227): by asking before a taking that no release
 * made way for, beside the wait for the silent holder; by listening and asking while the group is held.
 */
export class Conflicts {
  readonly #parts: ConflictParts;
  readonly #subject: Subject;
  readonly #foreigners: Foreigners;
  #due: Instant | undefined;
  #cancelDue: (() => void) | undefined;
  /** Ends an asking that waits for answers. */
  #cancelAsking: (() => void) | undefined;
  #cancelPatrol: (() => void) | undefined;
  #stopListening: (() => void) | undefined;
  #holds = false;
  #barred = false;
  #turn = 0;

  constructor(parts: ConflictParts, subject: Subject) {
    this.#parts = parts;
    this.#subject = subject;
    this.#foreigners = new Foreigners(parts.clock, (address, mac) => {
      const { name } = subject.group;
      parts.emit({ type: 'conflict-over', group: name, vip: address, mac });
    });
  }

  /** The group may be taken at this moment, unless it is put off: it was not released. */
  expect(at: Instant): void {
    this.#due = at;
    if (this.#cancelDue === undefined) this.#armDue();
  }

  #armDue(): void {
    const { clock } = this.#parts;
    if (this.#due === undefined) return;
    const ms = elapsedMs(clock.now(), after(this.#due, -ASK_AHEAD_MS));
    this.#cancelDue = clock.timer(Math.max(ms, 0), () => {
      this.#cancelDue = undefined;
      // It has been put off meanwhile, beat by beat.
      if (this.#due !== undefined && elapsedMs(clock.now(), this.#due) > ASK_AHEAD_MS + 1) {
        this.#armDue();
      } else this.#askAhead();
    });
  }

  #expectNothing(): void {
    this.#due = undefined;
    this.#cancelDue?.();
    this.#cancelDue = undefined;
  }

  #askAhead(): void {
    this.#due = undefined;
    const state = this.#subject.state();
    if (state === 'following' || state === 'campaigning') this.#ask(() => this.#quieten());
  }

  /** The group is held from now on. */
  held(): void {
    this.#holds = true;
    this.#expectNothing();
    this.#listen();
    if (this.#cancelPatrol === undefined) this.#patrol();
  }

  /** The group is held no longer. Idempotent. */
  left(): void {
    this.#holds = false;
    this.#cancelPatrol?.();
    this.#cancelPatrol = undefined;
    this.#quieten();
  }

  /** Hears and asks nothing from now on. Idempotent. */
  stop(): void {
    this.#expectNothing();
    this.#barred = false;
    this.#foreigners.forget();
    this.left();
    this.#cancelAsking?.();
    this.#cancelAsking = undefined;
    this.#quieten();
  }

  #listen(): void {
    const { neighbours } = this.#parts;
    const { vips } = this.#subject.group;
    this.#stopListening ??= neighbours.listen(vips, (claim) => this.#heard(claim));
  }

  #quieten(): void {
    if (this.#holds || this.#barred || this.#cancelAsking !== undefined) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  #patrol(): void {
    const { vips } = this.#subject.group;
    const vip = vips[this.#turn % vips.length];
    this.#turn += 1;
    if (vip !== undefined) this.#send([vip]);
    const everyMs = Math.max(PATROL_EVERY_MS / vips.length, PATROL_AT_LEAST_MS);
    this.#cancelPatrol = this.#parts.clock.timer(everyMs, () => this.#patrol());
  }

  /** Asks for every VIP, twice; `then` when no answer can come any more. */
  #ask(then: () => void): void {
    const { clock } = this.#parts;
    const { vips } = this.#subject.group;
    this.#cancelAsking?.();
    this.#listen();
    this.#send(vips);
    this.#cancelAsking = clock.timer(ASK_AGAIN_MS, () => {
      this.#send(vips);
      this.#cancelAsking = clock.timer(ANSWER_WITHIN_MS, () => {
        this.#cancelAsking = undefined;
        then();
      });
    });
  }

  #send(vips: VipGroup['vips']): void {
    const link = this.#subject.link();
    if (link === undefined || !link.carrier || link.mac === '') return;
    try {
      for (const vip of vips) this.#parts.neighbours.ask(link.index, link.mac, vip);
    } catch (error) {
      this.#parts.emit({ type: 'deaf', err: describe(error) });
    }
  }

  #heard({ address, linkIndex, mac, answers }: Claim): void {
    const link = this.#subject.link();
    // Another LAN is another matter, and what a switch gives back is our own word.
    if (linkIndex !== link?.index) return;
    if (this.#parts.monitor.links.some((each) => each.mac === mac)) return;
    const beforeTaking = !this.#holds;
    // Before a taking whoever announces may be another of ours, which has just taken.
    if (beforeTaking && !answers && !this.#barred) return;
    if (!this.#foreigners.isNews(address, mac)) return;
    this.#subject.spawn(this.#judge(address, mac, link, beforeTaking));
  }

  async #judge(vip: string, mac: string, link: Link, beforeTaking: boolean): Promise<void> {
    const { onConflict, ownerOf, emit } = this.#parts;
    const owner = await ownerOf(mac);
    if (this.#stopListening === undefined) return;
    // One of ours that has not let go yet is what the wait is for, and the fence settles it.
    // Nor does it help anybody to be told of one that etcd cannot name now: without it nobody takes.
    if (owner !== 'stranger' && beforeTaking) {
      // Kept out by it, we are let in only by what is known.
      if (owner !== 'unknown') this.#foreigners.drop(vip, mac);
      return;
    }
    const where = { group: this.#subject.group.name, vip, link: link.name, mac };
    const node = typeof owner === 'string' ? undefined : owner.node;
    // Before a taking it is told, and no more: one of ours whose facts went with its lease, or are not
    // there yet a second after its start, looks like a stranger, and may be all that answers.
    if (node !== undefined || onConflict === 'alert' || (beforeTaking && onConflict === 'defend')) {
      emit({ type: 'conflict', ...where, ...(node !== undefined && { node }), answer: 'none' });
      return;
    }
    if (onConflict === 'yield') {
      emit({ type: 'conflict', ...where, answer: 'yielded' });
      this.#bar(vip, mac);
    } else {
      emit({ type: 'conflict', ...where, answer: 'defended' });
      this.#subject.defend(vip);
    }
  }

  /** Not to be held here until nobody answers for it any more. */
  #bar(vip: string, mac: string): void {
    this.#barred = true;
    this.#listen();
    this.#askLater();
    const detail = `station ${mac} has ${vip}`;
    this.#subject.onFault({ reason: 'conflict', detail });
  }

  #askLater(): void {
    const { clock } = this.#parts;
    this.#cancelAsking?.();
    this.#cancelAsking = clock.timer(BARRED_MS, () => {
      this.#ask(() => {
        if (this.#foreigners.heardWithin(ANSWER_WITHIN_MS + ASK_AGAIN_MS)) {
          this.#askLater();
          return;
        }
        this.#barred = false;
        this.#quieten();
        this.#subject.onFault(undefined);
      });
    });
  }
}
