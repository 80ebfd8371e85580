import { elapsedMs, type Instant } from '../clock.ts';
import type { CandidateView, ElectionControl, Proof } from '../election/types.ts';
import { describe } from '../errors.ts';
import type { Reason } from '../events.ts';
import { Fence } from '../fencing/fence.ts';
import type { NetworkEvent } from '../network/types.ts';
import { Assignment } from './assignment.ts';
import { Deadlines } from './deadlines.ts';
import { Faults } from './faults.ts';
import { lookForLink } from './link-fault.ts';
import {
  initialState,
  step,
  type Fault,
  type MachineAction,
  type MachineEvent,
} from './machine.ts';
import type { VipGroup } from './types.ts';
import { Upkeep, type UpkeepParts } from './upkeep.ts';

/** The address is off by the deadline, not from it on: this much earlier the withdrawal begins. */
const WITHDRAW_AHEAD_MS = 20;
export interface ControllerParts extends UpkeepParts {
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
  /** The daemon ends and leaves everything as it is. */
  #abandoned = false;
  readonly #faults: Faults;
  readonly #upkeep: Upkeep;

  constructor(parts: ControllerParts, group: VipGroup) {
    this.#parts = parts;
    this.group = group;
    this.#assignment = new Assignment(parts, group);
    this.#deadlines = new Deadlines(parts.clock);
    this.#sinceMs = parts.clock.wallMs();
    this.#faults = new Faults(parts.clock, (fault) =>
      this.#dispatch(fault === undefined ? { type: 'fault-cleared' } : { type: 'fault', fault }),
    );
    this.#upkeep = new Upkeep(parts, {
      group,
      assignment: this.#assignment,
      fence: this.#fence,
      deadlines: this.#deadlines,
      state: () => this.#state.name,
      spawn: (work) => this.#spawn(work),
      onRefused: (error) => this.#dispatch({ type: 'assign-failed', detail: describe(error) }),
    });
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
    if (this.#faults.first === undefined) this.#parts.election.setCandidate(this.group.name, true);
  }

  // What the election tells.

  onQueue(queue: readonly CandidateView[]): void {
    this.#queue = queue;
    const head = queue[0];
    this.#dispatch({ type: 'queue', otherLeads: head !== undefined && !head.mine });
  }

  onTaken(proof: Proof, resumed: boolean): void {
    if (this.#abandoned) return;
    this.#fence.arm(proof);
    this.#takenAt = proof.sentAt;
    this.#watchDeadline();
    this.#dispatch({ type: 'taken', resumed });
  }

  onProved(proof: Proof): void {
    if (!this.#fence.extend(proof)) return;
    this.#watchDeadline();
    const { name } = this.#state;
    if (name === 'leading') this.#upkeep.keep();
    else if (name === 'assigning') this.#upkeep.inTurn(() => this.#assign());
  }

  onLost(reason: Reason, detail: string): void {
    this.#fence.close();
    this.#dispatch({ type: 'lost', reason, detail });
  }

  onBarred(fault: Fault | undefined): void {
    this.#faults.set('name', fault);
  }

  // What the kernel tells.

  /** An event of the kernel; undefined after everything was read anew. */
  onNetwork(event: NetworkEvent | undefined): void {
    if (event?.type === 'address-removed') {
      const vip = this.#assignment.removed(event.address);
      if (vip !== undefined) this.#upkeep.removed(vip);
    }
    if (event?.type === 'address-added' && event.address.ours) return;
    this.#lookAtLink();
    if (event === undefined) this.#upkeep.keepBehind();
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
    this.#faults.stop();
    const onAbort = (): void => this.#hardStop.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#dispatch({ type: 'stop' });
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
    this.#deadlines.clear();
    signal.removeEventListener('abort', onAbort);
  }

  /** Leaves everything as it is, for the next daemon to resume: not one frame, timer or request more. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    this.#parts.announcer.stop(this.group.name);
    this.#deadlines.clear();
    this.#faults.stop();
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
    if (this.#abandoned) return;
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
        this.#upkeep.inTurn(() => this.#assign());
        break;
      case 'announce':
        this.#upkeep.announce();
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
        this.#faults.backOff(action.detail);
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

  async #assign(): Promise<void> {
    // Somebody may have put the address there since we looked: it is not ours to touch.
    this.#lookAtLink();
    const { link } = this.#assignment;
    if (this.#state.name !== 'assigning' || link === undefined) return;
    const added = await this.#assignment.hold(link, this.#fence);
    if (added === undefined || this.#state.name !== 'assigning') return;
    this.#faults.forgive();
    this.#dispatch({ type: 'assigned' });
    const { monitor, emit, clock } = this.#parts;
    const durationMs = elapsedMs(this.#takenAt ?? clock.now(), clock.now());
    emit({ type: 'takeover', group: this.group.name, durationMs });
    void monitor.refresh(); // Where the VIP stands among the link's addresses.
  }

  async #withdraw(): Promise<void> {
    await this.#assignment.end(this.#hardStop.signal);
    this.#dispatch({ type: 'withdrawn' });
    this.#assignment.link = undefined;
    this.#lookAtLink();
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
    if (name === 'leading' && link !== undefined && link.mac !== before?.mac) {
      this.#upkeep.announce();
    }
    this.#faults.set('link', fault);
  }
}
