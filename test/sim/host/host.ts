import type { Instant } from '../../../src/clock.ts';
import type { Vip } from '../../../src/network/types.ts';
import { isTrouble } from '../../../src/election/types.ts';
import type { Timing } from '../../../src/config/types.ts';
import { OperatorError } from '../../../src/errors.ts';
import { NetworkError } from '../../../src/network/network-error.ts';
import type { ElectorEvent } from '../../../src/events.ts';
import { SimDaemon, type DaemonOptions } from './daemon.ts';
import { EtcdClient } from '../etcd/client.ts';
import type { Cluster } from '../etcd/cluster.ts';
import { Route } from '../etcd/route.ts';
import type { Watches } from '../etcd/watches.ts';
import { simGuard } from './guard.ts';
import { judgeExpiry, judgeFrame } from './judging.ts';
import { Kernel } from './kernel.ts';
import { Machine, type Standstill } from './machine.ts';
import type { Strangers } from './neighbours.ts';
import { Process } from './process.ts';
import { Rights } from './rights.ts';
import type { Rng } from '../engine/rng.ts';
import type { Scheduler } from '../engine/scheduler.ts';
import { SimState, type Disk } from './state.ts';
import { Violation, type Invariant } from '../world/violation.ts';

/** systemd's RestartSec of the unit, in milliseconds. */
const RESTART_MS = 1000;
/** A tick, its lateness, and the calls of a withdrawal: so long a resumed machine may still answer. */
export const NOTICED_AFTER_MS = 110;

/** The fence may close this much after the right (fencing/nftables-guard.ts, host/tables.ts). */
const FENCE_LATE_MS = 10;

export interface HostOptions extends Omit<DaemonOptions, 'timing' | 'wanted'> {
  /** Of its first life, and of the later ones. */
  readonly timings: readonly Timing[];
  readonly retimes?: readonly { readonly timing: Timing }[] | undefined;
  readonly rate: number;
  readonly upForMs: number;
  readonly routeMs: number;
  readonly marksAddresses: boolean;
  /** The runtime directory was copied from another host. */
  readonly clonedIdentity: string | undefined;
}

export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly cluster: Cluster;
  readonly watches: Watches;
  readonly strangers: Strangers;
  readonly onEvent: (host: Host, event: ElectorEvent) => void;
}

/** One host: machine, kernel, disk, its way to etcd, and the daemon that now runs there, if any. */
export class Host {
  readonly name: string;
  readonly options: HostOptions;
  readonly machine: Machine;
  readonly kernel: Kernel;
  readonly route: Route;
  readonly rights: Rights;
  readonly disk: Disk;
  /** Groups for which what is probed there is as it should not be. */
  readonly sick = new Set<string>();
  process: Process | undefined;
  daemon: SimDaemon | undefined;
  /** The daemon was told to stop. */
  stopping = false;
  client: EtcdClient | undefined;
  /** Until this true time an overlap with it is declared: its clocks stood still, or it just woke up. */
  excusedUntil = 0;
  /** True time since when the process has been given its time: it was started, or went on. */
  runsSince = 0;
  /** True time at which the machine went on after its last suspend, but for the shortest. */
  resumedAt = 0;
  /** Called with each frame that is about to leave, and with what is to be said of it if it does so later. */
  onFrame: (leave: () => void) => void = () => undefined;
  /** Lets a frame out at which its sender was paused. */
  heldFrame: (() => void) | undefined;
  /** What ended a life of the daemon against all expectation. */
  defect: unknown;
  readonly #around: Surroundings;
  readonly #rng: Rng;
  #lives = 0;

  constructor(name: string, around: Surroundings, rng: Rng, options: HostOptions) {
    const { scheduler, cluster } = around;
    this.name = name;
    this.options = options;
    this.disk = {
      saved: undefined,
      copied: options.clonedIdentity,
      refuses: false,
      drained: false,
    };
    this.#around = around;
    this.#rng = rng;
    this.machine = new Machine(scheduler, name, options.rate, options.upForMs);
    const own = { linkIndex: 2, family: 4, address: '10.0.0.1', prefixLength: 24 } as const;
    const permanent = { ...own, ours: false, validSeconds: Infinity };
    const { marksAddresses } = options;
    this.kernel = new Kernel(this.machine, rng.fork('kernel'), permanent, marksAddresses);
    this.kernel.onExpired = (address, armedAt) => judgeExpiry(this, 'gone', address, armedAt);
    this.kernel.tables.onExpired = (address, armedAt) =>
      judgeExpiry(this, 'shut', address, armedAt);
    this.route = new Route(rng.fork('route'), options.routeMs);
    this.rights = new Rights(this.machine, cluster.keyspace);
  }

  /** Whether the VIP is on its link. */
  has(vip: Vip): boolean {
    return this.kernel.held.has(vip.address);
  }

  /** Whether it answers for the VIP. */
  holds(vip: Vip): boolean {
    return this.has(vip) && !this.kernel.tables.isShut(vip.address);
  }

  /** Whether the daemon says that it leads the group. */
  leads(group: string): boolean {
    return this.daemon?.groups.get(group)?.status.name === 'leading';
  }

  /** The supervisor starts the daemon. */
  start(): void {
    if (this.daemon !== undefined || !this.machine.powered) return;
    this.#noticesSoon();
    this.runsSince = this.machine.scheduler.now;
    this.#lives += 1;
    this.stopping = false;
    const rng = this.#rng.fork(`life ${this.#lives}`);
    const process = new Process(this.machine, rng.fork('process'));
    const { cluster, watches, strangers, onEvent } = this.#around;
    const { route, rights: witness, options } = this;
    const client = new EtcdClient({ cluster, watches }, { process, route, witness });
    const state = new SimState(this.disk, process, rng.fork('state'));
    const timing = options.timings[Math.min(this.#lives, options.timings.length) - 1];
    if (timing === undefined) throw new Error('a host has a timing');
    const emit = (event: ElectorEvent): void => onEvent(this, event);
    const { kernel } = this;
    const network = kernel.network(process);
    const seams = { kernel, process, network, emit, rng: rng.fork('gate') };
    const { guard, timing: allowed } = simGuard(seams, timing);
    const daemon = new SimDaemon(
      { ...options, timing: allowed, wanted: timing },
      {
        process,
        network,
        guard,
        neighbours: strangers.seenBy(process, rng.fork('neighbours')),
        onConflict: () => strangers.policy,
        store: client,
        state,
        disk: this.disk,
        isSick: (group) => this.sick.has(group),
        rng: rng.fork('daemon'),
        emit,
        onFrame: (frame) => judgeFrame(this, frame),
      },
    );
    Object.assign(this, { process, client, daemon });
    // The first code of a process runs as an event of its own.
    process.message(0, () => {
      daemon.run().then(
        () => this.#ended(daemon),
        (error: unknown) => {
          // Exits that the supervisor is there for: it starts the next one.
          const refused = error instanceof OperatorError || error instanceof NetworkError;
          const expected = refused || isTrouble(error);
          if (!expected) this.defect ??= error;
          this.#ended(daemon);
          this.machine.timer(RESTART_MS, () => this.start());
        },
      );
    });
  }

  #ended(daemon: SimDaemon): void {
    if (this.daemon !== daemon) return;
    this.process?.kill();
    this.daemon = undefined;
  }

  /** Noted, not thrown: the check that follows the daemon's code throws it. */
  note(invariant: Invariant, what: string): void {
    this.defect ??= new Violation(invariant, this.machine.scheduler.now, `${this.name} ${what}`);
  }

  /** SIGKILL. */
  kill(): void {
    this.process?.kill();
    this.heldFrame = undefined;
    this.daemon = undefined;
  }

  /** SIGTERM; the daemon ends by and by. */
  stop(): void {
    const { daemon, process } = this;
    if (daemon === undefined || process === undefined) return;
    this.stopping = true;
    process.message(0, () => daemon.stop());
  }

  /** A reload with another timing, if a daemon runs. */
  retime(timing: Timing): void {
    const { daemon, process } = this;
    process?.message(0, () => {
      if (daemon?.ending === false) daemon.retime(timing);
    });
  }

  cutPower(): void {
    this.kill();
    this.machine.cutPower();
    this.kernel.cutPower();
    this.rights.clear();
  }

  powerOn(): void {
    if (this.machine.powered) return;
    this.machine.powerOn();
    this.start();
  }

  stand(kind: Standstill): void {
    this.machine.stand(kind);
  }

  /** The machine goes on. What it still holds then is declared, for as long as design §1 says. */
  goOn(): void {
    const { machine } = this;
    const { standing } = machine;
    if (standing === undefined) return;
    const { now } = machine.scheduler;
    // What remained of the hold is what remained of the promise: its proof may be still to arrive. The
    // state file that tells it may have been lost, though.
    const rights = this.options.groups.map(({ name }) => this.rights.of(name)?.until ?? 0);
    const promisedEnd = Math.max(this.disk.saved?.memory.promisedEnd ?? 0, ...rights) as Instant;
    const remainingMs = Math.max(machine.trueTimeOf(promisedEnd) - now, 0);
    const fencedMs = this.kernel.tables.managed.size > 0 ? FENCE_LATE_MS / machine.rate : 0;
    const ms = standing === 'vm-pause' ? remainingMs + fencedMs : NOTICED_AFTER_MS / machine.rate;
    const stoodFrom = machine.goOn();
    this.runsSince = now;
    if (standing === 'suspend' && now - stoodFrom > NOTICED_AFTER_MS) this.resumedAt = now;
    // A withdrawal that is to be repeated is, by timers that stood still.
    if (this.kernel.ignoresUntil > stoodFrom) this.kernel.ignoresUntil += now - stoodFrom;
    // It had slept, and stood still again before it could look around.
    if (this.excusedUntil > stoodFrom) this.excusedUntil += now - stoodFrom;
    this.excusedUntil = Math.max(this.excusedUntil, now + ms);
  }

  /** A paused process goes on (SIGCONT). */
  goOnProcess(process = this.process): void {
    this.#noticesSoon();
    this.runsSince = this.machine.scheduler.now;
    const { heldFrame } = this;
    this.heldFrame = undefined;
    if (process?.alive === true) heldFrame?.();
    process?.goOn();
  }

  /** What was declared while no process could act stays so until one has looked around. */
  #noticesSoon(): void {
    if (!this.excused) return;
    const { scheduler, rate } = this.machine;
    this.excusedUntil = Math.max(this.excusedUntil, scheduler.now + NOTICED_AFTER_MS / rate);
  }

  /**
   * Whether nobody can tell that an address which a suspend left on a link is ours: the kernel keeps no mark,
   * no fence manages it, and the list of what we put there was lost.
   */
  get #cannotTell(): boolean {
    const { kernel, machine, disk } = this;
    if (kernel.marksAddresses) return false;
    const listed = disk.saved?.addresses ?? [];
    return [...kernel.held.values()].some(
      ({ address: { address }, standstills }) =>
        standstills !== machine.standstills &&
        !kernel.tables.managed.has(address) &&
        !listed.some((each) => each.address === address),
    );
  }

  /** Whether what it holds now is among what design §1 and protocol.md declare as not covered. */
  get excused(): boolean {
    const { now } = this.machine.scheduler;
    if (now <= this.excusedUntil || now <= this.kernel.heldUpUntil) return true;
    if (this.#cannotTell) return true;
    // A process stopped, or dead, or not heeded, and its host suspended: kernel lifetimes do not count
    // the suspend.
    if (this.process?.runs === true && now > this.kernel.ignoresUntil) {
      // Tables that somebody removed before a new daemon had proved what the dead one held.
      return this.kernel.isBare && !this.options.groups.some(({ name }) => this.leads(name));
    }
    return this.kernel.isAstray(this.process?.stoppedAt ?? 0);
  }
}
