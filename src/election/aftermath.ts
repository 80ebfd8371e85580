import { after } from '../clock.ts';
import type { ElectionCore } from './core.ts';
import { LONGEST_TAKEOVER_AFTER_MS } from './promise.ts';
import type { SessionEnd } from './session.ts';
import type { LeaseId } from './store.ts';
import { isTrouble } from './types.ts';

/** What the ends of sessions leave behind: lost claims, a name that another has, a lease to give back. */
export class Aftermath {
  readonly #core: ElectionCore;
  #barred = false;
  /** Our lease of before etcd looked back in time: its keys may stand again. */
  #abandoned: LeaseId | undefined;

  constructor(core: ElectionCore) {
    this.#core = core;
  }

  /** What follows for claims, lease and memory, before the next session may begin. */
  follow(end: SessionEnd): void {
    const { members, parts, view, heartbeat, options } = this.#core;
    const { memory } = parts.journal;
    const { clock, emit, listener } = parts;
    switch (end.kind) {
      case 'lease-gone':
        memory.leaseId = undefined;
        for (const member of members.values()) member.lose('lease-lost', 'the lease is gone');
        break;
      case 'name-taken':
        for (const member of members.values()) member.lose('name-conflict', end.detail);
        if (!this.#barred) {
          this.#barred = true;
          emit({ type: 'name-conflict', node: options.node, err: end.detail });
          listener.onBarred({ reason: 'name-conflict', detail: end.detail });
        }
        break;
      case 'regressed': {
        // Rule 16: withdraw, burn everything, a new lease, and take nothing for the longest wait.
        this.#core.regression = undefined;
        this.#abandoned = memory.leaseId ?? this.#abandoned;
        memory.leaseId = undefined;
        memory.quietUntil = after(clock.now(), LONGEST_TAKEOVER_AFTER_MS);
        try {
          for (const member of members.values()) member.forsake('lease-lost', end.detail);
          parts.journal.save();
        } catch (error) {
          emit({ type: 'state-unwritable', err: error });
        }
        view.forget();
        heartbeat.key.ground = { kind: 'absent' };
        emit({ type: 'etcd-regressed', err: end.detail, waitMs: LONGEST_TAKEOVER_AFTER_MS });
        break;
      }
    }
    heartbeat.lastConfirmedSentAt = undefined;
  }

  /**
   * Gives back the lease of before etcd looked back in time. Else its candidate keys stand before
   * everybody's until its TTL has passed. Not while an address of those days may still be on a link.
   */
  async giveBackLease(signal: AbortSignal): Promise<void> {
    const { lease, members, options } = this.#core;
    const id = this.#abandoned;
    if (id === undefined || [...members.values()].some((member) => member.listed)) return;
    try {
      await lease.revoke(id, options.timing.requestDeadlineMs, signal);
      this.#abandoned = undefined;
    } catch (error) {
      if (!isTrouble(error)) throw error; // Reported; with the next session, or by its TTL.
    }
  }

  /** No other node writes under our name, or not any more. */
  nameIsOurs(): void {
    if (!this.#barred) return;
    this.#barred = false;
    const { parts, options } = this.#core;
    parts.emit({ type: 'name-conflict-over', node: options.node });
    parts.listener.onBarred(undefined);
  }
}
