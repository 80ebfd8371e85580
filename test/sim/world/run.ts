import type { Transitions } from '../soak/coverage.ts';
import { begin, healAll } from './faults.ts';
import { checkGrowth } from './growth.ts';
import { FAULTS_END_MS, type Schedule } from './schedule.ts';
import { Violation } from './violation.ts';
import { World } from './world.ts';

/** Who holds must do so for this long before the run counts as settled. */
const STABLE_MS = 2000;
/** From the end of the faults until one holds: stated, and never to be exceeded. */
export const SETTLED_WITHIN_MS = 60_000;
/** A snapshot that a restore may go back to, so often. */
const SNAPSHOT_EVERY_MS = 3000;

export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  /** Hash of everything that happened. */
  readonly digest: string;
  readonly events: number;
  readonly virtualMs: number;
  /** From the end of the faults until somebody held for good. */
  readonly settledAfterMs: number;
  readonly holderChanges: number;
  readonly transitions: Transitions;
}

/** Runs one schedule from its beginning until somebody holds after its faults, or an invariant breaks. */
export async function runSchedule(
  schedule: Schedule,
  prepare: (world: World) => void = () => undefined,
): Promise<Outcome> {
  const world = new World(schedule);
  const { scheduler, cluster } = world;
  prepare(world);
  for (const fault of schedule.faults) {
    scheduler.after(fault.atMs, () => {
      world.onFault(fault, false);
      const heal = begin(world, fault);
      if (fault.lasts === true) return;
      scheduler.after(Math.min(fault.forMs, FAULTS_END_MS - fault.atMs), () => {
        world.onFault(fault, true);
        heal();
      });
    });
  }
  const snapshot = (): void => {
    if (cluster.available) cluster.takeSnapshot();
    if (scheduler.now < FAULTS_END_MS) scheduler.after(SNAPSHOT_EVERY_MS, snapshot);
  };
  if (schedule.faults.some(({ kind }) => kind === 'restore')) snapshot();
  // The faults' own ends come first.
  let healedAt: number | undefined;
  const last = Math.max(0, ...schedule.faults.map(({ atMs, forMs }) => atMs + forMs));
  scheduler.after(Math.min(last, FAULTS_END_MS) + 1, () => {
    healedAt = scheduler.now;
    healAll(world, schedule.faults);
  });
  let violation: Violation | undefined;
  const settled = new Settled(world);
  try {
    const isDone = (): boolean => healedAt !== undefined && settled.isSo();
    await scheduler.run(FAULTS_END_MS + SETTLED_WITHIN_MS + STABLE_MS, isDone);
    if (!isDone()) {
      const states = world.hosts.map(({ name, daemon }) => {
        const all = daemon?.groups.all() ?? [];
        return [name, ...all.map(({ group, status }) => `${group.name} ${status.name}`)].join(' ');
      });
      throw new Violation('no-holder-after-faults', scheduler.now, states.join(', '));
    }
    world.invariants.turnover.check(schedule.faults.length, scheduler.now);
    checkGrowth(world);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error;
  }
  for (const host of world.hosts) host.kill();
  scheduler.aborts.end();
  return {
    seed: schedule.seed,
    violation,
    digest: scheduler.trace.digest,
    events: scheduler.events,
    virtualMs: scheduler.now,
    settledAfterMs: (settled.since ?? scheduler.now) - (healedAt ?? 0),
    holderChanges: world.invariants.turnover.changes,
    transitions: world.transitions,
  };
}

/** Since when each group has been held by the same one host. */
class Settled {
  since: number | undefined;
  readonly #world: World;
  #changes = -1;
  #holders = '';

  constructor(world: World) {
    this.#world = world;
  }

  isSo(): boolean {
    const { scheduler, hosts, lan } = this.#world;
    let changes = lan.changes;
    for (const { kernel } of hosts) changes += kernel.changes + kernel.tables.changes;
    if (changes !== this.#changes) {
      this.#changes = changes;
      const holders = this.#whoHolds();
      if (holders !== this.#holders || holders === undefined) {
        this.#holders = holders ?? '';
        this.since = holders === undefined ? undefined : scheduler.now;
      }
    }
    return this.since !== undefined && scheduler.now - this.since >= STABLE_MS;
  }

  /** The holder of each group; undefined when one has none, or two. */
  #whoHolds(): string | undefined {
    const { groups, invariants } = this.#world;
    let text = '';
    for (const group of groups) {
      const holders = invariants.holders(group);
      if (holders.length !== 1) return undefined;
      text += `${holders[0]?.name} `;
    }
    return text;
  }
}
