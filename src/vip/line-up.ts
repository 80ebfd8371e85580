import type { GroupConfig } from '../config/types.ts';
import type { FactsByNode } from '../election/node-facts.ts';
import { Checkup } from '../health/checkup.ts';
import type { Probe } from '../health/types.ts';
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
    facts(signal: AbortSignal): Promise<FactsByNode>;
    factsChanged(): void;
  };
  readonly probes: (group: GroupConfig) => readonly Probe[];
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

  #entryOf(config: GroupConfig, controller: GroupController): Entry {
    const { controllers, handover, election, remembers } = this.#parts;
    const { clock, onDefect } = controllers;
    const ending = new AbortController();
    const checkup = this.#checkupOf(config);
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

  #checkupOf(config: GroupConfig): Checkup | undefined {
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
    return new Checkup(parts, health);
  }

  /** Begins to probe. */
  start(): void {
    for (const entry of this.#entries.values()) this.#begin(entry);
  }

  #begin({ checkup, ending, fitness }: Entry): void {
    fitness.look();
    checkup?.run(ending.signal).catch(this.#parts.controllers.onDefect);
  }

  /** No probe, and nothing that one would lead to, from now on. Idempotent. */
  stop(): void {
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
