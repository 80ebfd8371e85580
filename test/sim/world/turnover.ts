import type { HolderRecord } from '../../../src/election/record.ts';
import type { Host } from '../host/host.ts';
import { Violation } from './violation.ts';

/** Who follows whom in each group: by the records, and by the addresses. */
export class Turnover {
  /** Changes of the host that had a group's addresses last, over all groups. */
  changes = 0;
  /** What a fault does again and again moves a group each time. */
  repetitions = 0;
  readonly #hosts: readonly Host[];
  readonly #named = new Map<string, HolderRecord>();
  readonly #holder = new Map<string, string>();
  readonly #changesOf = new Map<string, number>();

  constructor(hosts: readonly Host[]) {
    this.#hosts = hosts;
  }

  /** A record says `held`. @param now true time @throws Violation */
  onHeld(group: string, record: HolderRecord, now: number): void {
    const last = this.#named.get(group);
    this.#named.set(group, record);
    this.#checkNobodyHolds(group, record, now);
    const { createRevision } = record.token;
    if (last === undefined || createRevision >= last.token.createRevision) return;
    const detail = `${last.token.createRevision} (${last.node}), then ${createRevision} (${record.node})`;
    throw new Violation('revision-not-increasing', now, detail);
  }

  /** Whoever has held is past its deadline, by its own clock, or knows that it must not hold any more. */
  #checkNobodyHolds(group: string, { bootId, token }: HolderRecord, now: number): void {
    for (const { name, machine, daemon, excused } of this.#hosts) {
      const controller = daemon?.groups.get(group);
      if (machine.bootId === bootId || controller?.fence.isOpen(machine.now()) !== true) continue;
      // What a restart remembers is used only when it has been proved again.
      const state = controller.status.name;
      if (state !== 'assigning' && state !== 'leading') continue;
      // Declared: a clock that stands still.
      if (excused || machine.standing === 'vm-pause') continue;
      const what = `${token.key} takes what ${name} may still hold`;
      throw new Violation('taken-from-a-holder', now, what);
    }
  }

  /** A host has all addresses of a group on its link after a taking. */
  onTakeover(host: string, group: string): void {
    const last = this.#holder.get(group);
    this.#holder.set(group, host);
    if (last === undefined || last === host) return;
    this.changes += 1;
    this.#changesOf.set(group, (this.#changesOf.get(group) ?? 0) + 1);
  }

  /** Looked at when all is over: a fault moves a group once at most. @param faults that there were */
  check(faults: number, now: number): void {
    for (const [group, changes] of this.#changesOf) {
      if (changes <= faults + this.repetitions) continue;
      const detail = `${group} changed hands ${changes} times in ${faults} faults`;
      throw new Violation('too-many-changes', now, detail);
    }
  }

  /** The store went back in time: revisions begin anew there. */
  onRestore(): void {
    this.#named.clear();
  }
}
