import { elapsedMs, type Clock, type Instant } from '../clock.ts';
import type { FactsByNode } from '../election/node-facts.ts';
import { describe, OperatorError } from '../errors.ts';
import { best, candidatesText, others, type Other, SILENT } from './candidates.ts';
import type { GroupController } from './controller.ts';
import type { Groups } from './groups.ts';
import type { Outage } from './outage.ts';

/** Until another holds it and answers, or the person is told that nobody does yet. */
const TAKEN_WITHIN_MS = 8000;
/** For a fresh look at the queue. */
const LOOK_WITHIN_MS = 1000;
const LOOK_EVERY_MS = 2;

/** What an operator asks for. */
export interface HandoverRequest {
  /** Left out: the only group. */
  readonly group?: string | undefined;
  /** The node that is to hold it. Left out: the best one. */
  readonly to?: string | undefined;
  /** Even where nobody healthy could take it. */
  readonly force: boolean;
}

/** What came of it. */
export interface HandoverReport {
  readonly group: string;
  readonly from: string;
  /** Who holds it now. */
  readonly to: string;
  /**
   * Milliseconds from when this host let go until another answered, as this host saw it; null where it
   * cannot ask (IPv6 only).
   */
  readonly outageMs: number | null;
}

export interface HandoverParts {
  readonly node: string;
  readonly clock: Clock;
  readonly groups: Groups;
  readonly election: {
    lookNow(): void;
    facts(signal: AbortSignal): Promise<FactsByNode>;
  };
  /** Watches the VIPs of a group that we are about to give up. */
  readonly watchOutage: (controller: GroupController) => Outage | undefined;
}

/** Planned moves of a group to another node. */
export class Handover {
  readonly #parts: HandoverParts;
  readonly #underWay = new Set<string>();

  constructor(parts: HandoverParts) {
    this.#parts = parts;
  }

  /**
   * Moves a group; resolves when another node holds it and answers.
   * @throws OperatorError when it is refused, with nothing changed, or nobody holds it in time
   */
  async request(asked: HandoverRequest, signal: AbortSignal): Promise<HandoverReport> {
    const controller = this.#held(asked.group);
    const { name } = controller.group;
    if (this.#underWay.has(name)) throw new OperatorError(`${name} is being handed over already`);
    this.#underWay.add(name);
    try {
      const heir = this.#heir(controller, await this.candidates(controller, signal), asked);
      return await this.#move(controller, heir, signal);
    } finally {
      this.#underWay.delete(name);
    }
  }

  /**
   * The other candidates of a group, by a look at the queue that begins now, and what their nodes said last.
   * @throws OperatorError when etcd does not answer
   */
  async candidates(controller: GroupController, signal: AbortSignal): Promise<Other[]> {
    const { election, clock } = this.#parts;
    const from = clock.now();
    let facts: FactsByNode;
    try {
      facts = await election.facts(signal);
    } catch (error) {
      throw new OperatorError(`etcd does not say who could take it: ${describe(error)}`);
    }
    const { looks } = controller.status;
    election.lookNow();
    while (controller.status.looks === looks) {
      if (elapsedMs(from, clock.now()) > LOOK_WITHIN_MS) {
        throw new OperatorError('etcd does not say who could take it');
      }
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
    return others({ group: controller.group.name, queue: controller.status.queue, facts });
  }

  #held(group: string | undefined): GroupController {
    const { groups, node } = this.#parts;
    const all = groups.all();
    const names = all.map((each) => each.group.name).join(', ');
    if (group === undefined && all.length > 1) {
      throw new OperatorError(`name the group with --group, one of ${names}`);
    }
    const controller = group === undefined ? all[0] : groups.get(group);
    if (controller === undefined) {
      throw new OperatorError(`${node} has no group ${group ?? ''}; it has ${names}`);
    }
    const { name, holder } = controller.status;
    if (name !== 'leading') {
      const where =
        holder === undefined || holder === node
          ? `it is ${name} here, and nobody holds it`
          : `${holder} holds it: run this command there`;
      throw new OperatorError(`${controller.group.name} is not held by ${node}; ${where}`);
    }
    return controller;
  }

  /** @throws OperatorError when it is refused */
  #heir({ group, status }: GroupController, all: readonly Other[], asked: HandoverRequest): Other {
    const { to, force } = asked;
    const known = candidatesText(all);
    if (to === undefined) {
      const found = best(all) ?? (force ? all.find(couldTake) : undefined);
      if (found !== undefined) return found;
      const remedy = force || all.length === 0 ? '' : '; --force moves it all the same';
      throw new OperatorError(`nobody healthy could take ${group.name}; ${known}${remedy}`);
    }
    const heir = all.find(({ node }) => node === to);
    if (heir === undefined) {
      const mine = status.queue.some(({ node, mine }) => mine && node === to);
      const why = mine ? `${to} holds it already` : `${to} is no candidate of ${group.name}`;
      throw new OperatorError(`${why}; ${known}`);
    }
    if (heir.behindForeigner) {
      throw new OperatorError(`a candidate that is no vip-elector is ahead of ${to}; ${known}`);
    }
    if (!couldTake(heir))
      throw new OperatorError(`${to} is ${SILENT}, so it cannot take; ${known}`);
    if (heir.against !== undefined && !force) {
      throw new OperatorError(`${to} is ${heir.against}; ${known}; --force moves it all the same`);
    }
    return heir;
  }

  async #move(
    controller: GroupController,
    heir: Other,
    signal: AbortSignal,
  ): Promise<HandoverReport> {
    const { clock, node, election, watchOutage } = this.#parts;
    const { name } = controller.group;
    using outage = watchOutage(controller);
    const from = clock.now();
    if (!controller.yieldTo(heir.leaseId, 'handover', `to ${heir.node}`)) {
      throw new OperatorError(`${name} is not held by ${node} any more`);
    }
    let outageMs: number | undefined;
    let lookedAt: Instant = from;
    for (;;) {
      outageMs ??= outage?.look();
      const { holder } = controller.status;
      const taken = holder !== undefined && holder !== node;
      if (taken && (outage === undefined || outageMs !== undefined)) {
        if (holder === heir.node) {
          return { group: name, from: node, to: holder, outageMs: outageMs ?? null };
        }
        throw new OperatorError(`${name} was given up, and ${holder} was faster than ${heir.node}`);
      }
      const now = clock.now();
      if (elapsedMs(from, now) > TAKEN_WITHIN_MS) {
        const who = taken ? `${holder} holds it and does not answer` : 'nobody holds it';
        throw new OperatorError(`${name} was given up, and ${who} after ${TAKEN_WITHIN_MS} ms`);
      }
      if (elapsedMs(lookedAt, now) > 100) {
        election.lookNow();
        lookedAt = now;
      }
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }
}

/** Nobody is forced on a group who is dead, or behind a stranger (rule 13 [A10]). */
function couldTake({ against, behindForeigner }: Other): boolean {
  return against !== SILENT && !behindForeigner;
}
