import type { GroupConfig } from '../config/types.ts';
import type { FactsByNode } from '../election/node-facts.ts';
import { Checkup } from '../health/checkup.ts';
import type { Probe, Verdict } from '../health/types.ts';
import { GroupController, type ControllerParts } from './controller.ts';
import { Fitness, HEALTHY, type Health } from './fitness.ts';
import type { Groups } from './groups.ts';
import type { Handover } from './handover.ts';

export interface LineUpParts {
  /** What every controller gets. */
  readonly controllers: ControllerParts;
  readonly groups: Groups;
  readonly handover: Pick<Handover, 'candidates'>;
  readonly election: {
    addGroup(group: GroupConfig): void;
    removeGroup(name: string): void;
    facts(signal: AbortSignal): Promise<FactsByNode>;
    factsChanged(): void;
  };
  readonly probes: (group: GroupConfig) => readonly Probe[];
  /** Told of a group that was added while the daemon runs, before it is started. */
  readonly onAdded: (controller: GroupController) => void;
  /** Whether the state file names a hold of an earlier life. */
  readonly remembers: (group: string) => boolean;
}

/** What a node says of itself and one group. */
export interface GroupFacts {
  readonly name: string;
  readonly vips: readonly string[];
  readonly weight?: number;
  readonly healthy?: boolean;
}

interface Entry {
  readonly config: GroupConfig;
  readonly controller: GroupController;
  readonly fitness: Fitness;
  readonly checkup: Checkup | undefined;
  /** Ends its probes, and what they would lead to. */
  readonly ending: AbortController;
}

/** The groups that this node is configured for, each with its controller and its probes. */
export class LineUp {
  readonly #parts: LineUpParts;
  readonly #entries = new Map<string, Entry>();
  /** Settles when nothing is being applied: one change after the other. */
  #applied: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(parts: LineUpParts) {
    this.#parts = parts;
  }

  /** From now on there is this group. Nothing of it is started. */
  add(config: GroupConfig): GroupController {
    const { controllers, groups } = this.#parts;
    const controller = new GroupController(controllers, config);
    groups.add(controller);
    this.#entries.set(config.name, this.#entryOf(config, controller));
    return controller;
  }

  /** @param before what is known of its health */
  #entryOf(config: GroupConfig, controller: GroupController, before?: Verdict): Entry {
    const { controllers, handover, election, remembers } = this.#parts;
    const { clock, onDefect } = controllers;
    const ending = new AbortController();
    const checkup = this.#checkupOf(config, before);
    const fitness = new Fitness(
      {
        clock,
        controller,
        handover,
        election,
        signal: ending.signal,
        remembered: remembers(config.name),
        onDefect,
      },
      checkup ?? HEALTHY,
      config,
    );
    controller.standing = fitness;
    return { config, controller, fitness, checkup, ending };
  }

  #checkupOf(config: GroupConfig, verdict?: Verdict): Checkup | undefined {
    const { controllers, election, probes } = this.#parts;
    const { clock, emit } = controllers;
    const { name, health } = config;
    if (health === undefined) return undefined;
    let before: string | undefined;
    const onRound = (): void => {
      const entry = this.#entries.get(name);
      const verdict = entry?.fitness.health.verdict;
      if (verdict !== before) election.factsChanged();
      before = verdict;
      entry?.fitness.look();
    };
    const parts = { clock, emit, group: name, probes: probes(config), onRound };
    return new Checkup(parts, health, verdict);
  }

  /** Begins to probe. */
  start(): void {
    for (const entry of this.#entries.values()) this.#begin(entry);
  }

  #begin({ checkup, ending, fitness }: Entry): void {
    fitness.look();
    checkup?.run(ending.signal).catch(this.#parts.controllers.onDefect);
  }

  /** The groups as they are configured. */
  get configs(): GroupConfig[] {
    return [...this.#entries.values()].map(({ config }) => config);
  }

  /**
   * Makes the groups what is wanted now. One that is gone, or has other VIPs or links, is withdrawn and
   * released (reason `config-changed`) before anything is added; one with other probes or another
   * preference keeps what it holds; all others notice nothing.
   * @param signal of the running daemon: while a link does not let go, nothing else is done
   * @returns the names of those that changed
   */
  apply(wanted: readonly GroupConfig[], signal: AbortSignal): Promise<string[]> {
    const applied = this.#applied.then(() => this.#apply(wanted, signal));
    this.#applied = Promise.allSettled([applied]);
    return applied;
  }

  async #apply(wanted: readonly GroupConfig[], signal: AbortSignal): Promise<string[]> {
    signal.throwIfAborted();
    if (this.#stopped) return [];
    const stays = ({ config }: Entry): boolean =>
      wanted.some((each) => each.name === config.name && placeOf(each) === placeOf(config));
    const ending = [...this.#entries.values()].filter((entry) => !stays(entry));
    await Promise.all(ending.map((entry) => this.#end(entry, signal)));
    signal.throwIfAborted();
    if (this.#stopped) return [];
    const changed = new Set(ending.map(({ config }) => config.name));
    for (const config of wanted) {
      const entry = this.#entries.get(config.name);
      if (entry === undefined) this.#join(config);
      else if (JSON.stringify(entry.config) !== JSON.stringify(config)) this.#retune(entry, config);
      else continue;
      changed.add(config.name);
    }
    if (changed.size > 0) this.#parts.election.factsChanged();
    return [...changed];
  }

  async #end({ config, controller, ending }: Entry, signal: AbortSignal): Promise<void> {
    const { name } = config;
    const { election, groups, controllers } = this.#parts;
    ending.abort(new Error('the configuration has changed'));
    await controller.stop(signal, 'config-changed');
    // A daemon that stops meanwhile stops what is left of it.
    if (signal.aborted || this.#stopped) return;
    election.removeGroup(name);
    groups.remove(name);
    this.#entries.delete(name);
    controllers.emit({ type: 'group-removed', group: name });
  }

  #join(config: GroupConfig): void {
    const { election, onAdded, controllers } = this.#parts;
    election.addGroup(config);
    const vips = config.vips.map(({ address }) => address);
    controllers.emit({ type: 'group-added', group: config.name, vips });
    const controller = this.add(config);
    onAdded(controller);
    controller.start(undefined);
    const entry = this.#entries.get(config.name);
    if (entry !== undefined) this.#begin(entry);
  }

  /** What it holds stays; what is known of its health counts until the new probes say otherwise. */
  #retune({ controller, ending, fitness }: Entry, config: GroupConfig): void {
    ending.abort(new Error('the configuration has changed'));
    const entry = this.#entryOf(config, controller, fitness.health.verdict);
    this.#entries.set(config.name, entry);
    this.#begin(entry);
  }

  /** The daemon stops: what is there is the daemon's to end, and nothing comes. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** No probe, no change, and nothing that one would lead to, from now on. Idempotent. */
  stop(): void {
    this.#stopped = true;
    const reason = new Error('the daemon stops');
    for (const { ending } of this.#entries.values()) ending.abort(reason);
  }

  /** What this node says of itself and its groups. */
  facts(): GroupFacts[] {
    return [...this.#entries.values()].map(({ config, checkup }) => ({
      name: config.name,
      vips: config.vips.map(({ address }) => address),
      ...(config.weight !== undefined && { weight: config.weight }),
      ...(checkup !== undefined && { healthy: checkup.verdict !== 'unhealthy' }),
    }));
  }

  /** What the probes of a group say; undefined where there are none. */
  health(group: string): (Health & Pick<Checkup, 'failures'>) | undefined {
    return this.#entries.get(group)?.checkup;
  }
}

/** Where a group's addresses go, and in which election: what cannot change while it is held. */
function placeOf({ vips, links, electionKey }: GroupConfig): string {
  return JSON.stringify([vips, links, electionKey]);
}
