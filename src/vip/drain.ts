import { elapsedMs, type Clock } from '../clock.ts';
import { describe, OperatorError } from '../errors.ts';
import { best, candidatesText } from './candidates.ts';
import type { GroupController } from './controller.ts';
import type { Groups } from './groups.ts';
import type { Handover } from './handover.ts';
import type { Fault } from './machine.ts';

const OFF_WITHIN_MS = 5000;
const LOOK_EVERY_MS = 5;
const DRAINED: Fault = {
  reason: 'drained',
  detail: 'told to keep out; vip-elector undrain lets it in again',
};

/** Where it is kept that the node is drained: survives restarts and reboots. */
export interface DrainMark {
  readonly path: string;
  readonly isThere: boolean;
  /** @throws Error when it cannot be written */
  put(): void;
  /** @throws Error when it cannot be removed */
  remove(): void;
}

export interface DrainParts {
  readonly node: string;
  readonly clock: Clock;
  readonly groups: Groups;
  readonly mark: DrainMark;
  readonly handover: Pick<Handover, 'candidates'>;
  /** What the node says of itself has changed. */
  readonly onChange: () => void;
}

/** What came of it. */
export interface DrainReport {
  readonly node: string;
  readonly drained: boolean;
  /** Groups that were given up for it. */
  readonly released: readonly string[];
}

/** Keeps this node out of every election until told otherwise. */
export class Drain {
  readonly #parts: DrainParts;

  constructor(parts: DrainParts) {
    this.#parts = parts;
  }

  /** Before the groups start: what an earlier daemon was told counts on. */
  restore(): void {
    for (const controller of this.#parts.groups.all()) this.added(controller);
  }

  /** A group that was added later is kept out like the others. */
  added(controller: GroupController): void {
    if (this.#parts.mark.isThere) controller.bar('drained', DRAINED);
  }

  /**
   * Hands over what is held and keeps out. Resolves when nothing of ours is on any link.
   * @param force even where nobody healthy could take a group
   * @throws OperatorError when it is refused, with nothing changed, or a link does not let go in time
   */
  async drain(force: boolean, signal: AbortSignal): Promise<DrainReport> {
    const { node, groups, mark, handover, onChange } = this.#parts;
    const heirs = new Map<GroupController, string>();
    const held = groups.all().filter(holds);
    for (const controller of force ? [] : held) {
      const all = await handover.candidates(controller, signal);
      const heir = best(all);
      if (heir === undefined) {
        const why = `nobody healthy could take ${controller.group.name}; ${candidatesText(all)}`;
        throw new OperatorError(`${why}; --force drains ${node} all the same`);
      }
      heirs.set(controller, heir.leaseId);
    }
    try {
      mark.put();
    } catch (error) {
      throw new OperatorError(`cannot write ${mark.path}, so nothing is done: ${describe(error)}`);
    }
    for (const controller of groups.all()) {
      controller.bar('drained', DRAINED, heirs.get(controller));
    }
    onChange();
    await this.#off(signal);
    return { node, drained: true, released: held.map(({ group }) => group.name) };
  }

  /** Lets the node in again. @throws OperatorError when the mark stays */
  undrain(): DrainReport {
    const { node, groups, mark, onChange } = this.#parts;
    try {
      mark.remove();
    } catch (error) {
      throw new OperatorError(`cannot remove ${mark.path}: ${describe(error)}`);
    }
    for (const controller of groups.all()) controller.bar('drained', undefined);
    onChange();
    return { node, drained: false, released: [] };
  }

  async #off(signal: AbortSignal): Promise<void> {
    const { clock, groups } = this.#parts;
    const from = clock.now();
    while (groups.all().some(isOn)) {
      if (elapsedMs(from, clock.now()) > OFF_WITHIN_MS) {
        const names = groups.all().filter(isOn);
        const list = names.map(({ group }) => group.name).join(', ');
        throw new OperatorError(`drained, but the kernel still has addresses of ${list}`);
      }
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }
}

function holds({ status }: GroupController): boolean {
  return status.name === 'leading' || status.name === 'assigning';
}

function isOn(controller: GroupController): boolean {
  return holds(controller) || controller.status.name === 'withdrawing';
}
