import type { Instant } from '../../../src/clock.ts';
import type { Reason } from '../../../src/events.ts';
import type { VipGroup } from '../../../src/vip/types.ts';
import { NOTICED_AFTER_MS, type Host } from '../host/host.ts';
import type { Fault, FaultKind } from './fault.ts';
import { Violation, type Invariant } from './violation.ts';

type Found = [Invariant, string];

/** Of clocks in floating point. */
const ROUNDING_MS = 1e-3;
/**
 * While a taking is under way no beat proves its group: for a request's deadline at most, with this for
 * timers.
 */
const TIMERS_LATE_MS = 100;

/** What no hold rests on: whoever looks later, or at another clock, goes on holding. */
const HARMLESS: readonly FaultKind[] = [
  'wall-clock-jump',
  'watch-broken',
  'watch-gaps',
  'watch-stuck',
  'reads-cut',
  'compaction',
  'lan-cut',
];
/** Of `records-touched`: below this choice another group's record is written. */
const ELSEWHERE = 0.8;

/** Whether the process has run for as long as it takes to notice anything by a tick. */
function hasTicked({ process, runsSince, machine }: Host): boolean {
  const { scheduler, rate } = machine;
  return process?.runs === true && (scheduler.now - runsSince) * rate > NOTICED_AFTER_MS;
}

/** @returns what would be wrong with a daemon that says that it has a group until `deadline` */
function wrongWith(host: Host, group: VipGroup, deadline: Instant): Found | undefined {
  const { rights, machine, kernel, resumedAt } = host;
  // The fence's deadline never passes `sentAt + holdFor` of a proof.
  const until = rights.of(group.name)?.until ?? 0;
  if (deadline > until + ROUNDING_MS) return ['fence-beyond-proof', `${deadline} > ${until}`];
  // Each tick compares the clock with the deadline, and asks whether the machine has slept.
  const lateMs = machine.now() - deadline;
  const late = lateMs > NOTICED_AFTER_MS;
  const slept =
    resumedAt > 0 &&
    group.vips.some(({ address }) => (kernel.held.get(address)?.armedAt ?? resumedAt) < resumedAt);
  if ((!late && !slept) || !hasTicked(host)) return undefined;
  return late ? ['leads-without-right', `${lateMs} ms late`] : ['suspend-unheeded', 'it slept'];
}

/** What daemons make of their rights: they go no further, and give nothing up without a cause. */
export class Holds {
  /** Nothing has happened yet that a hold rests on. */
  #undisturbed = true;
  /** Somebody has written or deleted by hand, or time went back: a beat may prove less than it compares. */
  #tampered = false;

  /** @param byHand somebody's hand in etcd */
  onFault({ kind, choice }: Fault, byHand: boolean): void {
    const elsewhere = kind === 'records-touched' && choice < ELSEWHERE;
    if (!elsewhere && !HARMLESS.includes(kind)) this.#undisturbed = false;
    if ((byHand && !elsewhere) || kind === 'restore') this.#tampered = true;
  }

  /** Looked at when the daemon's code has run. @throws Violation */
  check(host: Host, now: number): void {
    for (const controller of host.daemon?.controllers ?? []) {
      const { deadline } = controller.fence;
      if (deadline === undefined) continue;
      const found = wrongWith(host, controller.group, deadline);
      if (found === undefined) continue;
      const [invariant, what] = found;
      const state = controller.status.name;
      // What an earlier life left on the link may be there while it is assigned anew.
      const assigning = state === 'assigning' && invariant !== 'suspend-unheeded';
      if (state !== 'leading' && !assigning) continue;
      throw new Violation(invariant, now, `${host.name} ${controller.group.name}: ${what}`);
    }
  }

  /** A daemon lets go. @returns what is wrong with that */
  lettingGo({ machine, rights, daemon }: Host, group: string, reason: Reason): Found[] {
    // By preference a group moves without anything having happened.
    if (reason === 'preempted') return [];
    if (this.#undisturbed) return [['lost-without-cause', `${group}: ${reason}, undisturbed`]];
    if (reason !== 'fence-expired' || this.#tampered) return [];
    const leftMs = (rights.of(group)?.comparedUntil ?? 0) - machine.now();
    if (leftMs <= (daemon?.timing.requestDeadlineMs ?? 0) + TIMERS_LATE_MS) return [];
    return [['given-up-early', `${group}, with ${leftMs} ms left`]];
  }
}
