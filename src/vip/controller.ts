import type { AnnouncedVip } from '../announce/announcer.ts';
import { elapsedMs, type Instant } from '../clock.ts';
import type { CandidateView, ElectionControl, Proof } from '../election/types.ts';
import { describe } from '../errors.ts';
import type { Reason } from '../events.ts';
import { Fence } from '../fencing/fence.ts';
import { isFirstOnLink } from '../network/link-choice.ts';
import type { NetworkEvent, Vip } from '../network/types.ts';
import { Assignment, type AssignmentParts } from './assignment.ts';
import { Deadlines } from './deadlines.ts';
import { lookForLink } from './link-fault.ts';
import {
  initialState,
  step,
  type Fault,
  type MachineAction,
  type MachineEvent,
} from './machine.ts';
import type { VipGroup } from './types.ts';

/** The address is off by the deadline, not from it on: this much earlier the withdrawal begins. */
const WITHDRAW_AHEAD_MS = 20;
/** After a link refused an address: stay out this long, twice as long each time, up to the maximum. */
const BACK_OFF_MIN_MS = 1000;
const BACK_OFF_MAX_MS = 60_000;

/** What a controller calls of the announcer. */
export interface Announcing {
  start(group: string, entries: readonly AnnouncedVip[]): void;
  stop(group: string): void;
}

export interface ControllerParts extends AssignmentParts {
  readonly announcer: Announcing;
  readonly election: ElectionControl;
}

/** Performs for one group what the machine says, and tells the machine what happened. */
export class GroupController {
  readonly group: VipGroup;
  readonly #parts: ControllerParts;
  readonly #assignment: Assignment;
  readonly #fence = new Fence();
  readonly #deadlines: Deadlines;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #hardStop = new AbortController();
  #state = initialState();
  #sinceMs: number;
  #queue: readonly CandidateView[] = [];
  #takenAt: Instant | undefined;
  #turn: Promise<void> = Promise.resolve();
  #backOffMs = BACK_OFF_MIN_MS;
  /** Faults by their source; the first one counts. */
  readonly #faults = new Map<'name' | 'back-off' | 'link', Fault>();
  #backOffOver: (() => void) | undefined;

  constructor(parts: ControllerParts, group: VipGroup) {
    this.#parts = parts;
    this.group = group;
    this.#assignment = new Assignment(parts, group);
    this.#deadlines = new Deadlines(parts.clock);
    this.#sinceMs = parts.clock.wallMs();
  }

  get fence(): Fence {
    return this.#fence;
  }

  get status() {
    const { name, reason, detail } = this.#state;
    const sinceMs = this.#sinceMs;
    return { name, reason, detail, sinceMs, queue: this.#queue, assignment: this.#assignment };
  }

  /**
   * Looks at the link and stands for election if it will do.
   * @param remembered the right of an earlier life of the daemon whose addresses were left on the
   *   link: they go by its deadline unless it is proved again
   */
  start(remembered: Proof | undefined): void {
    if (remembered !== undefined) {
      this.#fence.arm(remembered);
      this.#watchDeadline();
    }
    this.#lookAtLink();
    if (this.#state.fault === undefined) this.#parts.election.setCandidate(this.group.name, true);
  }

  // What the election tells.

  onQueue(queue: readonly CandidateView[]): void {
    this.#queue = queue;
    const head = queue[0];
    this.#dispatch({ type: 'queue', otherLeads: head !== undefined && !head.mine });
  }

  onTaken(proof: Proof, resumed: boolean): void {
    this.#fence.arm(proof);
    this.#takenAt = proof.sentAt;
    this.#watchDeadline();
    this.#dispatch({ type: 'taken', resumed });
  }

  onProved(proof: Proof): void {
    if (!this.#fence.extend(proof)) return;
    this.#watchDeadline();
    const { name } = this.#state;
    if (name === 'leading') this.#inTurn(() => this.#keep());
    else if (name === 'assigning') this.#inTurn(() => this.#assign());
  }

  onLost(reason: Reason, detail: string): void {
    this.#fence.close();
    this.#dispatch({ type: 'lost', reason, detail });
  }

  onBarred(fault: Fault | undefined): void {
    this.#setFault('name', fault);
  }

  // What the kernel tells.

  /** An event of the kernel; undefined after everything was read anew. */
  onNetwork(event: NetworkEvent | undefined): void {
    if (event?.type === 'address-removed') {
      const vip = this.#assignment.removed(event.address);
      const at = this.#parts.clock.now();
      if (vip !== undefined && this.#state.name === 'leading') {
        this.#inTurn(() => this.#repair(vip, at));
      }
    }
    if (event?.type === 'address-added' && event.address.ours) return;
    this.#lookAtLink();
    if (event === undefined) this.#keepBehind();
  }

  /** Compares the clock with the deadline: first thing after any pause. */
  check(): void {
    const { deadline } = this.#fence;
    const now = this.#parts.clock.now();
    if (deadline === undefined || elapsedMs(now, deadline) > WITHDRAW_AHEAD_MS) return;
    this.#expire('fence-expired', 'no heartbeat was confirmed in time');
  }

  /** The machine was suspended: drop first, ask later. */
  onSuspended(suspendedMs: number): void {
    if (this.#fence.deadline === undefined) return;
    this.#expire('suspended', `the machine was suspended for ${Math.round(suspendedMs)} ms`);
  }

  /**
   * Withdraws, has it confirmed, and releases; resolves when that is done or the signal aborts.
   */
  async stop(signal: AbortSignal): Promise<void> {
    this.#backOffOver?.();
    const onAbort = (): void => this.#hardStop.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#dispatch({ type: 'stop' });
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
    this.#deadlines.clear();
    signal.removeEventListener('abort', onAbort);
  }

  /** Leaves everything as it is, for the next daemon to resume: not one frame, timer or request more. */
  async abandon(): Promise<void> {
    this.#parts.announcer.stop(this.group.name);
    this.#deadlines.clear();
    this.#backOffOver?.();
    this.#hardStop.abort(new Error('the daemon stops'));
    this.#fence.close();
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  #expire(reason: Reason, detail: string): void {
    this.#fence.close();
    this.#deadlines.clear();
    this.#dispatch({ type: 'expired', reason, detail });
  }

  #watchDeadline(): void {
    const { deadline } = this.#fence;
    if (deadline === undefined) return;
    this.#deadlines.set(deadline, WITHDRAW_AHEAD_MS, () => this.check());
  }

  #dispatch(event: MachineEvent): void {
    const before = this.#state;
    const { state, actions } = step(before, event);
    this.#state = state;
    if (state.name !== before.name) {
      const { name, reason, detail } = state;
      this.#sinceMs = this.#parts.clock.wallMs();
      const transition = { group: this.group.name, from: before.name, to: name, reason } as const;
      const more = detail === '' ? {} : { detail };
      this.#parts.emit({ type: 'transition', ...transition, ...more });
    }
    for (const action of actions) this.#perform(action);
  }

  #perform(action: MachineAction): void {
    const { announcer, election } = this.#parts;
    const { name } = this.group;
    switch (action.type) {
      case 'assign':
        this.#inTurn(() => this.#assign());
        break;
      case 'announce':
        this.#announce();
        break;
      case 'silence':
        announcer.stop(name);
        break;
      case 'withdraw':
        this.#spawn(this.#withdraw());
        break;
      case 'confirm':
        this.#fence.close();
        this.#deadlines.clear();
        election.withdrawn(name);
        break;
      case 'release':
        this.#spawn(election.release(name, action.reason));
        break;
      case 'candidate':
        election.setCandidate(name, action.wanted);
        break;
      case 'back-off':
        this.#backOff(action.detail);
        break;
    }
  }

  #spawn(work: Promise<void>): void {
    const guarded = work
      .catch((error: unknown) => {
        if (!this.#hardStop.signal.aborted) throw error;
      })
      .finally(() => this.#inFlight.delete(guarded));
    this.#inFlight.add(guarded);
  }

  /** One at a time, in order: assigning, arming anew, repairing. */
  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(async () => {
      try {
        await work();
      } catch (error) {
        this.#dispatch({ type: 'assign-failed', detail: describe(error) });
      }
    });
    this.#spawn(this.#turn);
  }

  async #assign(): Promise<void> {
    // Somebody may have put the address there since we looked: it is not ours to touch.
    this.#lookAtLink();
    const { link } = this.#assignment;
    if (this.#state.name !== 'assigning' || link === undefined) return;
    const added = await this.#assignment.hold(link, this.#fence);
    if (added === undefined || this.#state.name !== 'assigning') return;
    this.#backOffMs = BACK_OFF_MIN_MS;
    this.#dispatch({ type: 'assigned' });
    const { monitor, emit, clock } = this.#parts;
    const durationMs = elapsedMs(this.#takenAt ?? clock.now(), clock.now());
    emit({ type: 'takeover', group: this.group.name, durationMs });
    void monitor.refresh(); // Where the VIP stands among the link's addresses.
  }

  /** Arms the kernel's guard anew; what the kernel had removed comes back and is announced. */
  async #keep(): Promise<void> {
    const { link } = this.#assignment;
    if (this.#state.name !== 'leading' || link === undefined) return;
    const added = await this.#assignment.hold(link, this.#fence);
    if (this.#state.name !== 'leading') return;
    if (added !== undefined && added.length > 0) this.#announce();
    this.#armLater();
  }

  #armLater(): void {
    const { deadline } = this.#fence;
    const at = deadline === undefined ? undefined : this.#parts.guard.rearmAt(deadline);
    if (at !== undefined) this.#deadlines.setRearm(at, () => this.#inTurn(() => this.#keep()));
  }

  /** Someone deleted the VIP: it is put back at once, while we may hold it. */
  async #repair(vip: Vip, noticedAt: Instant): Promise<void> {
    const { clock, emit } = this.#parts;
    if (this.#assignment.isHeld(vip)) return;
    await this.#keep();
    const { link } = this.#assignment;
    if (link === undefined || !this.#assignment.isHeld(vip)) return;
    const durationMs = elapsedMs(noticedAt, clock.now());
    const event = { group: this.group.name, vip: vip.address, link: link.name, durationMs };
    emit({ type: 'drift-repaired', ...event });
  }

  /** A VIP that has become the link's first address is put behind the host's own again (design §6). */
  #keepBehind(): void {
    const { link } = this.#assignment;
    const { monitor, guard } = this.#parts;
    if (this.#state.name !== 'leading' || link === undefined) return;
    const first = this.group.vips.find((vip) => isFirstOnLink(monitor.addresses, link.index, vip));
    if (first === undefined) return;
    this.#inTurn(async () => {
      if (this.#state.name !== 'leading') return;
      await guard.end(link.index, first);
      await this.#keep();
    });
  }

  async #withdraw(): Promise<void> {
    await this.#assignment.end(this.#hardStop.signal);
    this.#dispatch({ type: 'withdrawn' });
    this.#assignment.link = undefined;
    this.#lookAtLink();
  }

  #announce(): void {
    const { link } = this.#assignment;
    // Abandoned meanwhile, or the right is over: whoever is silent stays so.
    if (link === undefined || !this.#fence.isOpen(this.#parts.clock.now())) return;
    const entries = this.group.vips
      .filter((vip) => this.#assignment.isHeld(vip))
      .map((vip) => ({ vip, linkIndex: link.index, linkName: link.name, mac: link.mac }));
    this.#parts.announcer.start(this.group.name, entries);
    this.#armLater();
  }

  #lookAtLink(): void {
    const { name } = this.#state;
    const holds = name === 'assigning' || name === 'leading';
    if (name === 'withdrawing') return;
    const before = this.#assignment.link;
    const { link, fault } = lookForLink(
      this.#parts.monitor,
      this.group,
      holds ? before : undefined,
    );
    if (link !== undefined) this.#assignment.link = link;
    if (name === 'leading' && link !== undefined && link.mac !== before?.mac) this.#announce();
    this.#setFault('link', fault);
  }

  #backOff(detail: string): void {
    const { clock } = this.#parts;
    this.#setFault('back-off', { reason: 'assign-failed', detail });
    this.#backOffOver?.();
    this.#backOffOver = clock.timer(this.#backOffMs, () => this.#setFault('back-off', undefined));
    this.#backOffMs = Math.min(this.#backOffMs * 2, BACK_OFF_MAX_MS);
  }

  #setFault(source: 'name' | 'back-off' | 'link', fault: Fault | undefined): void {
    if (fault === undefined) this.#faults.delete(source);
    else this.#faults.set(source, fault);
    const first =
      this.#faults.get('name') ?? this.#faults.get('back-off') ?? this.#faults.get('link');
    const known = this.#state.fault;
    if (first === undefined) {
      if (known !== undefined) this.#dispatch({ type: 'fault-cleared' });
    } else if (first.reason !== known?.reason || first.detail !== known.detail) {
      this.#dispatch({ type: 'fault', fault: first });
    }
  }
}
