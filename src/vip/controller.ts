import { elapsedMs, type Instant } from '../clock.ts';
import type { ElectionControl, Proof, QueueView } from '../election/types.ts';
import { describe } from '../errors.ts';
import type { Reason } from '../events.ts';
import type { Fence } from '../fencing/fence.ts';
import { isPrimaryOfSubnet } from '../network/placement.ts';
import type { NetworkEvent } from '../network/types.ts';
import { Assignment } from './assignment.ts';
import { Conflicts, type ConflictParts } from './conflicts.ts';
import { Faults, type FaultSource } from './faults.ts';
import { Hold } from './hold.ts';
import { InFlight } from './in-flight.ts';
import { Life } from './life.ts';
import { lookForLink } from './link-fault.ts';
import { LinkHoldDown } from './link-hold-down.ts';
import type { Fault, MachineAction, MachineEvent } from './machine.ts';
import type { VipGroup } from './types.ts';
import { Upkeep, type UpkeepParts } from './upkeep.ts';

export interface ControllerParts extends UpkeepParts, Omit<ConflictParts, 'monitor'> {
  readonly election: ElectionControl;
  /** Told what the group's work threw that nobody expected: the daemon has to end. */
  readonly onDefect: (error: unknown) => void;
}

/** Who looks, whenever the queue was read, whether the group should be held here. */
export interface Standing {
  readonly isLastResort: boolean;
  /** It is known whether it should: until then nobody stands who holds nothing. */
  readonly mayStand: boolean;
  look(): void;
}

/** Performs for one group what the machine says, and tells the machine what happened. */
export class GroupController {
  readonly group: VipGroup;
  readonly #parts: ControllerParts;
  readonly #assignment: Assignment;
  readonly #hold: Hold;
  readonly #life: Life;
  readonly #faults: Faults;
  readonly #holdDown: LinkHoldDown;
  readonly #upkeep: Upkeep;
  readonly #conflicts: Conflicts;
  readonly #inFlight: InFlight;
  #seen: QueueView = { queue: [], holder: undefined };
  /** How often the queue was read. */
  #looks = 0;
  /** Lease of the candidate that is to be next when what is held is given up. */
  #heir: string | undefined;
  #takenAt: Instant | undefined;
  #standing: Standing | undefined;
  #started = false;
  #stands = false;
  /** The daemon ends and leaves everything as it is. */
  #abandoned = false;

  constructor(parts: ControllerParts, group: VipGroup) {
    this.#parts = parts;
    this.group = group;
    this.#inFlight = new InFlight(parts.onDefect);
    this.#assignment = new Assignment(parts, group);
    this.#life = new Life(group.name, parts.clock, parts.emit);
    this.#hold = new Hold(parts.clock, (reason, detail) =>
      this.#dispatch({ type: 'expired', reason, detail }),
    );
    this.#faults = new Faults(parts.clock, (fault) =>
      this.#dispatch(fault === undefined ? { type: 'fault-cleared' } : { type: 'fault', fault }),
    );
    this.#holdDown = new LinkHoldDown(parts.clock, () => this.#lookAtLink());
    this.#upkeep = new Upkeep(parts, {
      group,
      assignment: this.#assignment,
      hold: this.#hold,
      state: () => this.#life.name,
      spawn: (work) => this.#inFlight.spawn(work),
      onRefused: (error) => this.#dispatch({ type: 'assign-failed', detail: describe(error) }),
    });
    this.#conflicts = new Conflicts(parts, {
      group,
      link: () => this.#assignment.link,
      state: () => this.#life.name,
      spawn: (work) => this.#inFlight.spawn(work),
      onFault: (fault) => this.#faults.set('conflict', fault),
      defend: (address) => parts.announcer.repeat(group.name, address),
    });
  }

  get fence(): Fence {
    return this.#hold.fence;
  }

  get status() {
    const { sinceMs, state } = this.#life;
    const { name, reason, detail } = state;
    const { queue, holder } = this.#seen;
    const seen = { queue, holder, looks: this.#looks };
    const stands = this.#stands;
    return { name, reason, detail, sinceMs, ...seen, stands, assignment: this.#assignment };
  }

  /**
   * Looks at the link and stands for election if it will do.
   * @param remembered the right of an earlier life of the daemon whose addresses were left on the
   *   link: they go by its deadline unless it is proved again
   */
  start(remembered: Proof | undefined): void {
    if (remembered !== undefined) this.#hold.begin(remembered);
    this.#lookAtLink();
    this.#started = true;
    this.stand();
  }

  /** Stands for election, if nothing keeps it from that. Idempotent. */
  stand(): void {
    const { stopping } = this.#life.state;
    if (!this.#started || stopping || this.#faults.first !== undefined) return;
    this.#setCandidate(true);
  }

  #setCandidate(wanted: boolean): void {
    const may = this.#standing?.mayStand !== false;
    this.#stands = wanted && may;
    this.#parts.election.setCandidate(this.group.name, this.#stands);
  }

  // What the election tells.

  onQueue(view: QueueView): void {
    this.#seen = view;
    this.#looks += 1;
    const head = view.queue[0];
    this.#dispatch({ type: 'queue', otherLeads: head !== undefined && !head.mine });
    this.#standing?.look();
  }

  onTaken(proof: Proof, resumed: boolean): void {
    if (this.#abandoned) return;
    this.#hold.begin(proof);
    this.#takenAt = proof.sentAt;
    const lastResort = this.#standing?.isLastResort === true;
    this.#dispatch({ type: 'taken', resumed, ...(lastResort && { reason: 'last-resort' }) });
    // The answer may have come when what it proves was over.
    this.#hold.check();
  }

  onProved(proof: Proof): void {
    if (!this.#hold.extend(proof)) return;
    const { name } = this.#life;
    if (name === 'leading') this.#upkeep.keep();
    else if (name === 'assigning') this.#upkeep.inTurn(() => this.#assign());
  }

  onLost(reason: Reason, detail: string): void {
    this.#hold.end();
    this.#dispatch({ type: 'lost', reason, detail });
  }

  onDue(at: Instant): void {
    if (!this.#abandoned && !this.#life.state.stopping) this.#conflicts.expect(at);
  }

  onBarred(fault: Fault | undefined): void {
    this.#faults.set('name', fault);
  }

  // What operators and probes ask for.

  /** Follows whoever may bar the group or move it away: told of each look at the queue. */
  set standing(standing: Standing) {
    this.#standing = standing;
  }

  /**
   * Keeps the group out of the election, or lets it in again; what is held is given up.
   * @param heir lease of the candidate that is to be next then
   */
  bar(source: FaultSource, fault: Fault | undefined, heir?: string): void {
    const { name } = this.#life;
    if (heir !== undefined && (name === 'leading' || name === 'assigning')) this.#heir = heir;
    this.#faults.set(source, fault);
  }

  /**
   * Gives what is held up for another, and stands anew behind it.
   * @returns false when nothing is held
   */
  yieldTo(heir: string, reason: Reason, detail: string): boolean {
    const { name } = this.#life;
    if (name !== 'leading' && name !== 'assigning') return false;
    this.#heir = heir;
    this.#dispatch({ type: 'yield', reason, detail });
    return true;
  }

  // What the kernel tells.

  /** An event of the kernel; undefined after everything was read anew. */
  onNetwork(event: NetworkEvent | undefined): void {
    if (this.#abandoned) return;
    if (event?.type === 'address-removed') {
      const vip = this.#assignment.removed(event.address);
      if (vip !== undefined) this.#upkeep.removed(vip);
    }
    if (event?.type === 'address-added' && event.address.ours) {
      if (isPrimaryOfSubnet(event.address)) this.#upkeep.keepBehind();
      return;
    }
    this.#lookAtLink();
    this.#upkeep.keepBehind();
  }

  /** Compares the clock with the deadline: first thing after any pause. */
  check(): void {
    this.#hold.check();
  }

  /** The machine was suspended: drop first, ask later. */
  onSuspended(suspendedMs: number): void {
    this.#hold.onSuspended(suspendedMs);
  }

  /**
   * Withdraws, has it confirmed, and releases; resolves when that is done or the signal aborts.
   * @param reason why, where it is not the daemon that ends
   */
  async stop(signal: AbortSignal, reason?: Reason): Promise<void> {
    this.#faults.stop();
    this.#conflicts.stop();
    this.#holdDown.stop();
    const onAbort = (): void => this.#inFlight.cut(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#dispatch({ type: 'stop', reason });
    await this.#inFlight.settled();
    this.#hold.end();
    signal.removeEventListener('abort', onAbort);
  }

  /** Leaves everything as it is, for the next daemon to resume: not one frame, timer or request more. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    this.#parts.announcer.stop(this.group.name);
    this.#hold.end();
    this.#faults.stop();
    this.#conflicts.stop();
    this.#holdDown.stop();
    this.#inFlight.cut(new Error('the daemon stops'));
    await this.#inFlight.settled();
  }

  #dispatch(event: MachineEvent): void {
    if (this.#abandoned) return;
    for (const action of this.#life.step(event)) this.#perform(action);
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
        this.#conflicts.held();
        break;
      case 'silence':
        announcer.stop(name);
        this.#conflicts.left();
        break;
      case 'withdraw':
        this.#inFlight.spawn(this.#withdraw());
        break;
      case 'confirm':
        this.#hold.end();
        election.withdrawn(name);
        break;
      case 'release':
        this.#inFlight.spawn(election.release(name, action.reason, this.#heir));
        this.#heir = undefined;
        break;
      case 'candidate':
        this.#setCandidate(action.wanted);
        break;
      case 'back-off':
        this.#faults.backOff(action.detail);
        break;
    }
  }

  async #assign(): Promise<void> {
    // A proof came while the VIPs were assigned by the one before.
    if (this.#life.name === 'leading') this.#upkeep.keep();
    // Somebody may have put the address there since we looked: it is not ours to touch.
    this.#lookAtLink();
    const { link } = this.#assignment;
    if (this.#life.name !== 'assigning' || link === undefined) return;
    const added = await this.#assignment.hold(link, this.fence);
    if (added === undefined || this.#life.name !== 'assigning') return;
    this.#faults.forgive();
    this.#dispatch({ type: 'assigned' });
    const { monitor, emit, clock } = this.#parts;
    const durationMs = elapsedMs(this.#takenAt ?? clock.now(), clock.now());
    emit({ type: 'takeover', group: this.group.name, durationMs });
    void monitor.refresh(); // Where the VIP stands among the link's addresses.
  }

  async #withdraw(): Promise<void> {
    await this.#assignment.end(this.#inFlight.signal);
    this.#dispatch({ type: 'withdrawn' });
    // Where there was nothing to release it is nobody's heir any more.
    this.#heir = undefined;
    this.#assignment.link = undefined;
    this.#lookAtLink();
  }

  #lookAtLink(): void {
    const { name } = this.#life;
    const holds = name === 'assigning' || name === 'leading';
    if (name === 'withdrawing') return;
    const before = this.#assignment.link;
    const { links, addresses } = this.#parts.monitor;
    const seen = { links: this.#holdDown.see(links), addresses };
    const { link, fault } = lookForLink(seen, this.group, holds ? before : undefined);
    if (link !== undefined && fault?.reason === 'link-down') this.#holdDown.lost(link);
    if (link !== undefined) this.#assignment.link = link;
    if (name === 'leading' && link !== undefined && link.mac !== before?.mac) {
      this.#upkeep.announce();
    }
    this.#faults.set('link', fault);
  }
}
