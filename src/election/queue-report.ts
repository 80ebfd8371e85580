import { elapsedMs } from '../clock.ts';
import type { ElectionCore } from './core.ts';
import { LATE_BEAT_FACTOR } from './deposing.ts';
import type { LeaseId } from './store.ts';
import type { Candidate } from './view.ts';

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
    const { queue, leaseless, record } = view.group(group);
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
    parts.listener.onQueue(group, {
      queue: queue.map((each) => ({
        node: each.node,
        leaseId: each.lease,
        revision: each.createRevision,
        foreign: !each.ours,
        mine: each.lease === this.#lease,
        alive: this.#isAlive(each),
      })),
      holder: record?.state === 'held' ? record.node : undefined,
    });
  }

  #isAlive({ ours, lease }: Candidate): boolean {
    const { view, parts } = this.#core;
    const seen = ours ? view.observations.ofLease(lease) : undefined;
    if (seen?.beat === undefined) return false;
    const silentMs = elapsedMs(seen.firstSeenAt, parts.clock.now());
    return silentMs < LATE_BEAT_FACTOR * seen.beat.nextBeatWithinMs;
  }
}
