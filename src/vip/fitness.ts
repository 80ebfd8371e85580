import { elapsedMs, type Clock, type Instant } from '../clock.ts';
import type { FactsByNode } from '../election/node-facts.ts';
import { isTrouble, type CandidateView } from '../election/types.ts';
import { OperatorError } from '../errors.ts';
import type { Verdict } from '../health/types.ts';
import { best, others, USUAL_WEIGHT, type Other } from './candidates.ts';
import type { GroupController, Standing } from './controller.ts';
import type { Handover } from './handover.ts';
import type { Fault } from './machine.ts';

/** With nobody else to hold the group for so long, an unhealthy node takes it. */
const LAST_RESORT_AFTER_MS = 10_000;
/** From one question who else could hold the group to the next. */
const SEEK_EVERY_MS = 1000;

/** What the probes of a group came to. */
export interface Health {
  readonly verdict: Verdict;
  /** What is wrong, in words. */
  readonly detail: string;
}

/** Of a group that nobody probes. */
export const HEALTHY: Health = { verdict: 'healthy', detail: '' };

/** What one node prefers. */
export interface Preference {
  readonly weight?: number | undefined;
  /** Hand over to a healthy candidate of a greater weight that has waited so long; undefined: never. */
  readonly preemptAfterMs?: number | undefined;
}

export interface FitnessParts {
  readonly clock: Clock;
  readonly controller: GroupController;
  readonly handover: Pick<Handover, 'candidates'>;
  readonly election: { facts(signal: AbortSignal): Promise<FactsByNode> };
  /** Aborts: nothing more is done. */
  readonly signal: AbortSignal;
  /** The state file names a hold of an earlier life: it is resumed before anything was probed. */
  readonly remembered: boolean;
  /** Told what nobody expected. */
  readonly onDefect: (error: unknown) => void;
}

/**
 * Whether this node should hold one group: by what its probes say of it, and by what the other nodes say
 * of themselves. It keeps an unhealthy node out of the election and has a holder hand over; what is taken
 * and what is given up stays the matter of the election's own proofs.
 */
export class Fitness implements Standing {
  readonly #parts: FitnessParts;
  health: Health;
  preference: Preference;
  #lastResort = false;
  /** Since when nobody else would hold the group. */
  #freeSince: Instant | undefined;
  #seeking = false;
  #soughtAt: Instant | undefined;
  /** Candidates of a greater weight, and since when they have waited without a break. */
  #waiting = new Map<string, Instant>();

  constructor(parts: FitnessParts, health: Health, preference: Preference) {
    this.#parts = parts;
    this.health = health;
    this.preference = preference;
  }

  /** Stands only because nobody healthy does. */
  get isLastResort(): boolean {
    return this.#lastResort;
  }

  /** Before the first round of probes nobody knows, and who holds nothing waits for it. */
  get mayStand(): boolean {
    return this.health.verdict !== 'unknown' || this.#parts.remembered;
  }

  /** After each look at the queue, and each round of probes. */
  look(): void {
    const { controller, signal } = this.#parts;
    if (signal.aborted) return;
    const { name } = controller.status;
    const holds = name === 'leading' || name === 'assigning';
    if (holds) this.#freeSince = undefined;
    if (this.health.verdict === 'unhealthy') {
      if (holds) this.#keep();
      else this.#keepOut();
      return;
    }
    this.#lastResort = false;
    this.#freeSince = undefined;
    if (!this.mayStand) return;
    controller.bar('health', undefined);
    controller.stand();
    if (holds && this.preference.preemptAfterMs !== undefined) this.#seek();
    else this.#waiting.clear();
  }

  get #fault(): Fault {
    return { reason: 'unhealthy', detail: this.health.detail };
  }

  /** Who else stands, as far as anybody can tell: a stranger does not say whether it lives. */
  get #rivals(): readonly CandidateView[] {
    const { queue } = this.#parts.controller.status;
    return queue.filter(({ mine, foreign, alive }) => !mine && (foreign || alive));
  }

  /** Out of the election, unless nobody else would hold the group. */
  #keepOut(): void {
    const { clock, controller } = this.#parts;
    const { holder, looks } = controller.status;
    const rivals = this.#rivals;
    const now = clock.now();
    if (looks === 0 || rivals.length > 0) this.#freeSince = undefined;
    else this.#freeSince ??= now;
    if (this.#lastResort) {
      // Who came at the same time goes on until one of us holds: if both left, nobody ever would.
      const held = rivals.some(({ node, foreign }) => foreign || node === holder);
      if (held) this.#lastResort = false;
    } else if (this.#freeSince !== undefined) {
      this.#lastResort = elapsedMs(this.#freeSince, now) >= LAST_RESORT_AFTER_MS;
    }
    controller.bar('health', this.#lastResort ? undefined : this.#fault);
  }

  /** Unhealthy, and holding: while nobody else lives it is the last resort, also if etcd fails it shortly. */
  #keep(): void {
    this.#lastResort = this.#rivals.length === 0;
    this.#seek((all) => this.#giveUp(all));
  }

  /** Unhealthy, and holding: for a healthy one that waits; else it stays where it is. */
  #giveUp(all: readonly Other[]): void {
    const heir = best(all);
    if (heir === undefined || this.health.verdict !== 'unhealthy') return;
    this.#lastResort = false;
    this.#parts.controller.bar('health', this.#fault, heir.leaseId);
  }

  /** Healthy, holding, and told to prefer: for one of a greater weight that has settled. */
  #prefer(all: readonly Other[]): void {
    const { weight = USUAL_WEIGHT } = this.preference;
    const heir = best(all.filter((other) => this.#isSettled(other)));
    if (heir === undefined || this.health.verdict === 'unhealthy') return;
    const why = `to ${heir.node} of weight ${heir.weight}, above ${weight}`;
    this.#parts.controller.yieldTo(heir.leaseId, 'preempted', why);
  }

  #isSettled({ leaseId, revision, weight }: Other): boolean {
    const { weight: own = USUAL_WEIGHT, preemptAfterMs } = this.preference;
    const since = this.#waiting.get(candidacyOf({ leaseId, revision }));
    if (since === undefined || preemptAfterMs === undefined || weight <= own) return false;
    return elapsedMs(since, this.#parts.clock.now()) >= preemptAfterMs;
  }

  /**
   * Asks etcd who else could hold the group, one question at a time.
   * @param decide told of the candidates; left out: what is preferred is looked for
   */
  #seek(decide?: (all: readonly Other[]) => void): void {
    const { clock, controller, signal, onDefect } = this.#parts;
    const now = clock.now();
    const others = controller.status.queue.some(({ mine, alive }) => !mine && alive);
    if (this.#seeking || !others) return;
    if (this.#soughtAt !== undefined && elapsedMs(this.#soughtAt, now) < SEEK_EVERY_MS) return;
    this.#seeking = true;
    this.#soughtAt = now;
    const work = decide === undefined ? this.#seekHeavier() : this.#decide(decide);
    work
      .catch((error: unknown) => {
        // Etcd does not answer now: it is asked again.
        if (error instanceof OperatorError || isTrouble(error) || signal.aborted) return;
        onDefect(error);
      })
      .finally(() => {
        this.#seeking = false;
      });
  }

  async #decide(decide: (all: readonly Other[]) => void): Promise<void> {
    const { handover, controller, signal } = this.#parts;
    const all = await handover.candidates(controller, signal);
    if (!signal.aborted) decide(all);
  }

  /** By the queue as it was read last: only who has settled costs a look of its own. */
  async #seekHeavier(): Promise<void> {
    const { election, controller, clock, signal } = this.#parts;
    const facts = await election.facts(signal);
    const { weight = USUAL_WEIGHT } = this.preference;
    const { queue } = controller.status;
    const all = others({ group: controller.group.name, queue, facts });
    const waiting = new Map<string, Instant>();
    for (const other of all) {
      if (other.against !== undefined || other.behindForeigner || other.weight <= weight) continue;
      const key = candidacyOf(other);
      waiting.set(key, this.#waiting.get(key) ?? clock.now());
    }
    this.#waiting = waiting;
    if (all.some((other) => this.#isSettled(other))) await this.#decide((now) => this.#prefer(now));
  }
}

/** One candidacy of one node: who left the queue in between has begun anew. */
function candidacyOf({ leaseId, revision }: Pick<Other, 'leaseId' | 'revision'>): string {
  return `${leaseId}@${revision}`;
}
