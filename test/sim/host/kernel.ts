import type { Instant } from '../../../src/clock.ts';
import { sameVip } from '../../../src/network/address.ts';
import { NetworkError } from '../../../src/network/network-error.ts';
import type { Link, LinkAddress, Network, NetworkEvent, Vip } from '../../../src/network/types.ts';
import type { Machine } from './machine.ts';
import type { Process } from './process.ts';
import type { Rng } from '../engine/rng.ts';
import type { SimEvent } from '../engine/scheduler.ts';
import { SEEN_WITHIN_MS, Tables } from './tables.ts';

/** The kernel sweeps expired addresses this early and this late, in milliseconds (fencing/lifetime.ts). */
const EARLIEST_MS = -20;
const LATEST_MS = 1000;
/** A rtnetlink call that got no answer is given up after this (network/rtnetlink.ts). */
const TIMEOUT_MS = 1000;
/** From a call to its effect, and from the effect to the answer, at most: well under ON_THE_WAY_MS. */
export const STEP_MS = 1;
/** An effect that came later than this after its call was held up by a pause of the process. */
const HELD_UP_MS = 15;

/** What is wrong with the calls of a kernel: refused, unanswered and undone, done and unanswered. */
export type KernelTrouble = 'refuses' | 'ignores' | 'loses-answers';

/** From an unanswered withdrawal until the next has its effect: the timeout, and the longest pause before a repetition (vip/assignment.ts). */
const AGAIN_WITHIN_MS = TIMEOUT_MS + 1100;

/** A VIP of ours on the link. */
export interface HeldAddress {
  readonly address: LinkAddress;
  /** True time at which its lifetime was set. */
  readonly armedAt: number;
  /** The same, if a pause of the process had held the call up. */
  readonly lateAt: number | undefined;
  /** Kernel time stood still so often then. */
  readonly standstills: number;
  readonly expiry: SimEvent;
}

export const END0: Link = {
  index: 2,
  name: 'end0',
  altNames: [],
  mac: '02:00:00:00:00:02',
  loopback: false,
  up: true,
  carrier: true,
};

/** Links and addresses of one machine, with lifetimes that end late by the machine's own clock. */
export class Kernel {
  readonly machine: Machine;
  readonly marksAddresses: boolean;
  trouble: KernelTrouble | undefined;
  carrier = true;
  /** Someone else's doing, as the kernel lists it. */
  foreign: LinkAddress[] = [];
  /** What we put there, by address. */
  held = new Map<string, HeldAddress>();
  /** Until this true time an address may be there, or be open, because a pause held a call up. */
  heldUpUntil = 0;
  /** Until this true time a withdrawal that the kernel ignored may not have been repeated. */
  ignoresUntil = 0;
  /** Until this true time a call that was not answered holds up those behind it. */
  unansweredUntil = 0;
  /** Grows with each change of what is on the link. */
  changes = 0;
  /** Called when the daemon asks for an assignment, before anything happens. */
  onAssign: () => void = () => undefined;
  /** Called when the daemon asks for the fence to be opened, before anything happens. */
  onOpen: () => void = () => undefined;
  /** Called when it has removed an address whose lifetime had ended. */
  onExpired: (address: string, armedAt: number) => void = () => undefined;
  /** The millisecond fence. */
  readonly tables: Tables;
  readonly #rng: Rng;
  #listeners = new Map<(event: NetworkEvent) => void, Process>();

  constructor(machine: Machine, rng: Rng, own: LinkAddress, marksAddresses: boolean) {
    this.machine = machine;
    this.#rng = rng;
    this.tables = new Tables(machine, rng.fork('tables'));
    this.foreign = [own];
    this.marksAddresses = marksAddresses;
  }

  get #link(): Link {
    return { ...END0, carrier: this.carrier };
  }

  #list(): LinkAddress[] {
    return [...this.foreign, ...[...this.held.values()].map(({ address }) => address)];
  }

  /**
   * Whether something that it is to end by itself outlasts what it was made for: it counts no time in
   * which its machine stands still, and guards nothing by tables that somebody has removed.
   * @param stoppedAt true time since when no process of ours has done anything
   */
  isAstray(stoppedAt: number): boolean {
    const { tables } = this;
    const { standstills } = this.machine;
    for (const [address, each] of this.held) {
      if (tables.isAstray(address, standstills, stoppedAt)) return true;
      // Held up by a pause, not heeded when it was to be taken off, and then nobody was there to repeat it.
      if (each.lateAt !== undefined && stoppedAt <= this.ignoresUntil) return true;
      // Held up by a pause, and stopped again before what follows from a look at the clock had its effect.
      if (each.lateAt !== undefined && stoppedAt - each.lateAt <= SEEN_WITHIN_MS) return true;
      if (!tables.managed.has(address) && each.standstills !== standstills) return true;
    }
    return false;
  }

  /** Whether an address of ours is there that nothing guards since somebody removed the tables. */
  get isBare(): boolean {
    return [...this.held.keys()].some((address) => this.tables.isBared(address));
  }

  /** The machine lost its power: its addresses are gone, and nobody listens. */
  cutPower(): void {
    this.held.clear();
    this.tables.cutPower();
    this.changes += 1;
    this.#listeners.clear();
    this.carrier = true;
    this.trouble = undefined;
  }

  setCarrier(carrier: boolean): void {
    this.carrier = carrier;
    this.changes += 1;
    this.#tell({ type: 'link-changed', link: this.#link });
  }

  /** Somebody deletes an address of ours. */
  deleteOne(): void {
    const [first] = this.held.values();
    if (first !== undefined) this.#remove(first.address);
  }

  #put(address: LinkAddress, late: boolean): void {
    const { machine } = this;
    const known = this.held.get(address.address);
    if (known !== undefined) known.expiry.cancelled = true;
    const lateMs = this.#rng.between(EARLIEST_MS, LATEST_MS);
    const { boot, standstills } = machine;
    const armedAt = machine.scheduler.now;
    const expire = (): void => {
      if (machine.boot !== boot) return;
      this.#remove(address);
      this.onExpired(address.address, armedAt);
    };
    const expiry = machine.timer(address.validSeconds * 1000 + lateMs, expire);
    const lateAt = late ? armedAt : undefined;
    this.held.set(address.address, { address, armedAt, lateAt, standstills, expiry });
    this.changes += 1;
    this.#tell({ type: 'address-added', address });
  }

  #remove(vip: Vip): void {
    const known = this.held.get(vip.address);
    if (known === undefined || !sameVip(known.address, vip)) return;
    known.expiry.cancelled = true;
    this.held.delete(vip.address);
    this.changes += 1;
    this.#tell({ type: 'address-removed', address: known.address });
  }

  #tell(event: NetworkEvent): void {
    for (const [listener, process] of this.#listeners) {
      if (!process.alive) this.#listeners.delete(listener);
      process.message(this.#rng.between(0, STEP_MS), () => {
        if (this.#listeners.has(listener)) listener(event);
      });
    }
  }

  /** The kernel as one process sees it. */
  network(process: Process): Network {
    return {
      marksAddresses: this.marksAddresses,
      links: () => this.#call(process, 'links', () => [this.#link]),
      addresses: () => this.#call(process, 'dump', () => this.#list()),
      assign: (linkIndex, { family, address, prefixLength }, validSeconds) => {
        this.onAssign();
        const asked = this.machine.now();
        return this.#call(process, 'assign', () => {
          const late = this.noteDelay(asked);
          const ours = this.marksAddresses;
          this.#put({ linkIndex, family, address, prefixLength, ours, validSeconds }, late);
        });
      },
      withdraw: (_linkIndex, vip) => this.#call(process, 'withdraw', () => this.#remove(vip)),
      watch: (listener) => {
        this.#listeners.set(listener, process);
        return () => this.#listeners.delete(listener);
      },
    };
  }

  /**
   * A call with a relative timeout has its effect.
   * @param asked when its sender looked at the clock
   * @returns whether a pause has held it up
   */
  noteDelay(asked: Instant): boolean {
    const late = this.machine.now() - asked > HELD_UP_MS;
    // Two more calls until it is off again, or shut.
    if (late) this.heldUpUntil = this.machine.scheduler.now + 6 * STEP_MS;
    return late;
  }

  /** A call of ours remains without an effect. */
  ignore(): void {
    const { scheduler, rate } = this.machine;
    this.ignoresUntil = scheduler.now + AGAIN_WITHIN_MS / rate;
    // What a pause had held up stays until a withdrawal is heeded.
    if (this.heldUpUntil >= scheduler.now) this.heldUpUntil = this.ignoresUntil;
  }

  /** The process may be paused before its call has an effect, and again before it has the answer. */
  #call<T>(process: Process, name: string, act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const { trouble } = this;
      const changing = name === 'assign' || name === 'withdraw';
      process.message(this.#rng.next() * STEP_MS, () => {
        if (trouble === 'refuses' && name === 'assign') {
          reject(new NetworkError(name, 'EPERM'));
          return;
        }
        const troubled = changing && trouble !== undefined && trouble !== 'refuses';
        const ignored = troubled && trouble === 'ignores';
        if (ignored) this.ignore();
        const done = ignored ? undefined : act();
        if (troubled) {
          this.unansweredUntil = this.machine.scheduler.now + TIMEOUT_MS / this.machine.rate;
          process.timer(TIMEOUT_MS, () => reject(new NetworkError(name, 'TIMEOUT')));
        } else process.message(this.#rng.next() * STEP_MS, () => resolve(done as T));
      });
    });
  }
}
