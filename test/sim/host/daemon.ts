import { Announcer } from '../../../src/announce/announcer.ts';
import type { Neighbours } from '../../../src/announce/types.ts';
import type { GroupConfig, Timing } from '../../../src/config/types.ts';
import { Elector } from '../../../src/election/elector.ts';
import { newLeaseId } from '../../../src/election/keys.ts';
import type { Store } from '../../../src/election/store.ts';
import type { ConflictPolicy, Emit } from '../../../src/events.ts';
import type { KernelGuard } from '../../../src/fencing/kernel-guard.ts';
import { NetworkMonitor } from '../../../src/network/monitor.ts';
import type { Network } from '../../../src/network/types.ts';
import { OperatorError } from '../../../src/errors.ts';
import { campaign, settlePast } from '../../../src/predecessor.ts';
import { timingBeside } from '../../../src/tempo.ts';
import { tick } from '../../../src/ticker.ts';
import type { Probe } from '../../../src/health/types.ts';
import type { GroupController } from '../../../src/vip/controller.ts';
import { Drain } from '../../../src/vip/drain.ts';
import { Groups } from '../../../src/vip/groups.ts';
import { Handover, type HandoverReport, type HandoverRequest } from '../../../src/vip/handover.ts';
import { LineUp } from '../../../src/vip/line-up.ts';
import type { Process } from './process.ts';
import type { Rng } from '../engine/rng.ts';
import type { Disk, SimState } from './state.ts';

const STOP_WITHIN_MS = 1500;
const REVOKE_WITHIN_MS = 300;
const YIELD_MS = 50;
/** A probe takes so long at most, in milliseconds. */
const PROBE_MS = 20;
/** Bits below the tag of a lease ID. */
const LEASE_RANDOM_BITS = 2 ** 39;

export interface DaemonOptions {
  readonly node: string;
  readonly groups: readonly GroupConfig[];
  /** What the guard allows. */
  readonly timing: Timing;
  /** What the configuration says. */
  readonly wanted: Timing;
  /** Profile `adaptive`: after so long without need its terms go down by a step. */
  readonly calmMs?: number | undefined;
  readonly keepOnStop: boolean;
}

export interface DaemonSeams {
  readonly process: Process;
  readonly network: Network;
  readonly guard: KernelGuard;
  readonly store: Store;
  readonly neighbours: Neighbours;
  readonly onConflict: () => ConflictPolicy;
  readonly state: SimState;
  readonly disk: Disk;
  /** What is probed for the group is as it should not be. */
  readonly isSick: (group: string) => boolean;
  readonly rng: Rng;
  readonly emit: Emit;
  readonly onFrame: (frame: Uint8Array) => void;
}

/**
 * The daemon as daemon.ts puts it together, start and stop order included, on simulated seams. Only
 * what talks to people is left out (logs, metrics, HTTP).
 */
export class SimDaemon {
  readonly groups = new Groups();
  timing: Timing;
  readonly #options: DaemonOptions;
  readonly #seams: DaemonSeams;
  readonly #monitor: NetworkMonitor;
  readonly #elector: Elector;
  readonly #handover: Handover;
  readonly #drain: Drain;
  readonly #lineUp: LineUp;
  readonly #running = new AbortController();
  #break: (error: unknown) => void = () => undefined;
  readonly #broken = new Promise<never>((_resolve, reject) => {
    this.#break = reject;
  });
  #stop: () => void = () => undefined;
  readonly #stopped = new Promise<void>((resolve) => {
    this.#stop = resolve;
  });

  constructor(options: DaemonOptions, seams: DaemonSeams) {
    const { process: clock, network, guard, state, emit, store, rng, onFrame } = seams;
    this.#options = options;
    this.#seams = seams;
    const isRecorded = (link: string, address: string): boolean =>
      state.addresses.some((each) => each.link === link && each.address === address);
    this.#monitor = new NetworkMonitor({ network, clock, emit, isRecorded });
    const sender = { send: (_index: number, frame: Uint8Array) => onFrame(frame), close: () => {} };
    const mayAnnounce = (group: string): boolean =>
      this.groups.get(group)?.fence.isOpen(clock.now()) === true;
    const announcer = new Announcer(
      { clock, sender, mayAnnounce, emit },
      { everyMs: options.timing.announceEveryMs },
    );
    const newId = (): string => newLeaseId(BigInt(rng.below(LEASE_RANDOM_BITS)));
    const { node, groups, timing, calmMs } = options;
    this.timing = timing;
    this.#elector = new Elector(
      { store, clock, journal: state, emit, listener: this.groups },
      {
        node,
        prefix: PREFIX,
        groups,
        timing,
        facts: () => this.#facts(),
        newLeaseId: newId,
        calmMs,
      },
      () => rng.next(),
    );
    const monitor = this.#monitor;
    const onDefect = (error: unknown): void => this.#break(error);
    const shared = { network, monitor, guard, journal: state, clock, emit, announcer, onDefect };
    const around = {
      ...shared,
      election: this.#elector,
      neighbours: seams.neighbours,
      ownerOf: () => Promise.resolve('stranger' as const),
      get onConflict() {
        return seams.onConflict();
      },
    };
    this.#handover = new Handover({
      node,
      clock,
      groups: this.groups,
      election: this.#elector,
      watchOutage: () => undefined,
    });
    this.#drain = this.#drainOf(seams);
    this.#lineUp = new LineUp({
      controllers: around,
      groups: this.groups,
      handover: this.#handover,
      election: this.#elector,
      probes: ({ name }) => [this.#probe(name)],
      onAdded: (controller) => this.#drain.added(controller),
      remembers: (name) => state.memory.tokens.some(({ group }) => group === name),
    });
    for (const group of groups) this.#lineUp.add(group);
  }

  get controllers(): readonly GroupController[] {
    return this.groups.all();
  }

  #facts(): string {
    return JSON.stringify({ groups: this.#lineUp.facts(), drained: this.#seams.disk.drained });
  }

  #probe(group: string): Probe {
    const { process: clock, isSick, rng } = this.#seams;
    const ask = async (signal: AbortSignal): Promise<void> => {
      await clock.sleep(rng.next() * PROBE_MS, signal);
      if (isSick(group)) throw new Error('sick');
    };
    return { name: 'probe', ask };
  }

  /** It was told to stop. */
  ending = false;

  /** As the command asks the daemon. @throws OperatorError when it is refused */
  handover(asked: HandoverRequest): Promise<HandoverReport> {
    return this.#handover.request(asked, this.#running.signal);
  }

  #drainOf({ process: clock, disk }: DaemonSeams): Drain {
    const { node } = this.#options;
    const mark = {
      path: 'drained',
      get isThere() {
        return disk.drained;
      },
      put: () => {
        if (disk.refuses) throw new Error('the disk is full');
        disk.drained = true;
      },
      remove: () => void (disk.drained = false),
    };
    const onChange = (): void => this.#elector.factsChanged();
    const around = { groups: this.groups, handover: this.#handover };
    return new Drain({ node, clock, mark, onChange, ...around });
  }

  /** As a reload does with a changed file. */
  regroup(groups: readonly GroupConfig[]): Promise<unknown> {
    return this.#lineUp.apply(groups, this.#running.signal);
  }

  /** As a reload does with another timing; what it refuses changes nothing. */
  retime(wanted: Timing): void {
    const { guard } = this.#seams;
    const { timing, wanted: first } = this.#options;
    const instead = timing.profile !== first.profile && { err: 'the kernel has none' };
    try {
      this.timing = timingBeside({ timing, fence: { kind: guard.kind, ...instead } }, wanted);
    } catch (error) {
      if (error instanceof OperatorError) return;
      throw error;
    }
    this.#elector.retime(this.timing);
  }

  /** As the command asks the daemon. @throws OperatorError when it is refused */
  drain(force: boolean): Promise<unknown> {
    return this.#drain.drain(force, this.#running.signal);
  }

  undrain(): void {
    this.#drain.undrain();
  }

  /** Asks it to stop, as SIGTERM does. */
  stop(): void {
    this.ending = true;
    this.#stop();
  }

  /** Its life, from the start to the end of a stop. @throws whatever would end the process */
  async run(): Promise<void> {
    const { process: clock, store, state, network, guard, emit } = this.#seams;
    const monitor = this.#monitor;
    const past = { clock, state, network, emit, monitor, guard, groups: this.groups };
    await this.#monitor.start();
    this.#drain.restore();
    await settlePast(past);
    this.#lineUp.start();
    this.#monitor.subscribe((event) => this.groups.onNetwork(event));
    const { signal } = this.#running;
    const loops = [
      campaign({ clock, state, guard, elector: this.#elector }, signal),
      tick(clock, this.#pulse, signal),
      this.#monitor.run(signal),
    ];
    await Promise.race([this.#stopped, this.#broken, ...loops]);
    this.#lineUp.stop();
    await this.#release();
    await clock.sleep(YIELD_MS);
    this.#running.abort(new Error('the daemon stops'));
    await Promise.allSettled(loops);
    if (!this.#options.keepOnStop) await this.#elector.retire(REVOKE_WITHIN_MS);
    this.#monitor.stop();
    store.close();
  }

  readonly #pulse = {
    onTick: (): void => {
      for (const controller of this.groups.all()) controller.check();
    },
    onSuspended: (ms: number): void => {
      for (const controller of this.groups.all()) controller.onSuspended(ms);
    },
  };

  async #release(): Promise<void> {
    const controllers = this.groups.all();
    if (this.#options.keepOnStop) {
      await Promise.all(controllers.map((controller) => controller.abandon()));
      return;
    }
    const limit = new AbortController();
    const cancel = this.#seams.process.timer(STOP_WITHIN_MS, () =>
      limit.abort(new Error('the stop takes too long')),
    );
    await Promise.all(controllers.map((controller) => controller.stop(limit.signal)));
    cancel();
  }
}

/** Root of all keys. */
export const PREFIX = '/vip-elector';
