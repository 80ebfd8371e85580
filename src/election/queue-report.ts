import type { ElectionCore } from './core.ts';
import type { LeaseId } from './store.ts';

/** Tells listener and log what the queues look like; each new leader once. */
export class QueueReport {
  readonly #core: ElectionCore;
  readonly #lease: LeaseId;
  readonly #heads = new Map<string, string>();
  readonly #leaseless = new Set<string>();

  constructor(core: ElectionCore, lease: LeaseId) {
    this.#core = core;
    this.#lease = lease;
  }

  /** After each complete read. */
  tell(): void {
    for (const name of this.#core.members.keys()) this.#tellGroup(name);
  }

  #tellGroup(group: string): void {
    const { view, parts } = this.#core;
    const { queue, leaseless } = view.group(group);
    for (const { key } of leaseless) {
      if (this.#leaseless.has(key)) continue;
      this.#leaseless.add(key);
      parts.emit({ type: 'leaseless-candidate', group, key });
    }
    const [head] = queue;
    const mark = head === undefined ? '' : `${head.key}@${head.createRevision}`;
    if (this.#heads.get(group) !== mark) {
      this.#heads.set(group, mark);
      const leader = head === undefined ? {} : { leader: head.node, revision: head.createRevision };
      parts.emit({ type: 'leader-changed', group, ...leader, foreign: head?.ours === false });
    }
    parts.listener.onQueue(
      group,
      queue.map((each) => ({
        node: each.node,
        leaseId: each.lease,
        revision: each.createRevision,
        foreign: !each.ours,
        mine: each.lease === this.#lease,
      })),
    );
  }
}
