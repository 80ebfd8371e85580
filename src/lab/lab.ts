import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../clock.ts';
import { OperatorError } from '../errors.ts';
import { LAB_PROFILES, profileOfHost, type LabProfile } from './bounds.ts';
import { daemonCommand, type DaemonContext } from './daemon-command.ts';
import { startCluster, type EtcdCluster } from './etcd.ts';
import type { EtcdMember } from './etcd-member.ts';
import { Faults } from './faults.ts';
import { LabHost, type Command } from './host.ts';
import { InstrumentProcess } from './instrument-process.ts';
import * as names from './names.ts';
import type { LinkName } from './names.ts';
import { LabNetwork } from './network.ts';
import { ObserverProcess } from './observer-process.ts';
import { checkPrerequisites } from './prerequisites.ts';
import { registerRun, sweepDeadRuns, unregisterRun } from './registry.ts';
import { runScenario, type RunOptions, type ScenarioResult } from './runner.ts';
import type { LabNeeds, Scenario } from './scenario.ts';
import { settled } from './settled.ts';

export interface LabOptions extends LabNeeds {
  /** Hosts, each with a daemon. Default 3. */
  readonly nodes?: number;
  /** Which link carries etcd, clients and peers. Default `end0`. */
  readonly etcdOver?: LinkName;
  /** What the daemons run with. Default: their own. */
  readonly profile?: LabProfile;
  /** How many VIPs of each family. Default 1. */
  readonly vips?: number;
  /** Of which families the VIPs are. Default: IPv4. */
  readonly families?: names.Families;
  /** Path of the etcd server to run. Default: the one of the path. */
  readonly etcdProgram?: string;
  /** False: no etcd, for daemons that are stand-ins. */
  readonly etcd?: boolean;
  /** What runs as the daemon. Default: `vip-elector run` of this very build. */
  readonly daemon?: (context: DaemonContext) => Command;
  /** Default 2 ms. */
  readonly probeEveryMs?: number;
  readonly clock?: Clock;
  /** Told, in a line, what goes on. */
  readonly onProgress?: (line: string) => void;
}

const ETCD_PORT = 2379;
/** etcd syncs its log to the disk at every write; on a RAM disk the lab measures us, not the disk. */
const RAM_DISK = '/dev/shm';

/** Hosts, switches, etcd, daemons and instruments, in network namespaces. */
export class Lab implements AsyncDisposable {
  readonly clock: Clock;
  readonly etcdOver: LinkName;
  readonly profile: LabProfile;
  readonly vips: readonly string[];
  readonly hosts: readonly LabHost[];
  readonly network: LabNetwork;
  readonly faults: Faults;
  readonly instruments: InstrumentProcess;
  readonly probeEveryMs: number;
  readonly observer: ObserverProcess;
  /** Working directory: etcd's data, logs, runtime directories. */
  readonly dir: string;
  readonly #run: string;
  readonly #options: LabOptions;
  #cluster: EtcdCluster | undefined;

  private constructor(run: string, dir: string, options: LabOptions) {
    const { nodes = 3, clock = systemClock, etcdOver = 'end0', probeEveryMs = 2 } = options;
    this.clock = clock;
    this.dir = dir;
    this.probeEveryMs = probeEveryMs;
    this.etcdOver = etcdOver;
    this.profile = options.profile ?? LAB_PROFILES[0];
    this.vips = names.vipAddresses(options.vips ?? 1, options.families);
    this.#run = run;
    this.#options = options;
    this.network = new LabNetwork({ run, nodes, ipv6: this.vips.some((vip) => vip.includes(':')) });
    this.faults = new Faults(clock, this.network, ETCD_PORT);
    this.hosts = Array.from({ length: nodes }, (_, index) => this.#host(index));
    const config = { run, vips: this.vips, hosts: nodes, probeEveryMs };
    this.instruments = new InstrumentProcess(clock, config);
    const endpoints = Array.from({ length: this.#members }, (_, index) => this.#endpoint(index));
    this.observer = new ObserverProcess(clock, names.clientNamespace(run), endpoints);
  }

  /**
   * Checks that a lab can be here, and sweeps what dead labs left. Dispose of the lab, also when
   * `start` fails.
   * @throws OperatorError with the remedy
   */
  static async create(options: LabOptions = {}): Promise<Lab> {
    const { nodes = 3, onProgress } = options;
    if (!Number.isInteger(nodes) || nodes < 1 || nodes > names.NODES_MAX) {
      throw new OperatorError(`a lab has 1 to ${names.NODES_MAX} hosts, not ${nodes}`);
    }
    const run = names.newRunId();
    const program = options.etcdProgram ?? 'etcd';
    await checkPrerequisites(run, options.etcd === false ? undefined : program);
    for (const dead of await sweepDeadRuns()) onProgress?.(`swept what lab ${dead} left behind`);
    const parent = existsSync(RAM_DISK) ? RAM_DISK : tmpdir();
    const dir = await mkdtemp(join(parent, `vip-elector-lab-${run}-`));
    await registerRun(run, dir);
    onProgress?.(`lab ${run} in ${dir}${parent === RAM_DISK ? ' (RAM disk)' : ''}`);
    return new Lab(run, dir, options);
  }

  /** The etcd members, of the first hosts, in their order. */
  get etcd(): readonly EtcdMember[] {
    return this.#cluster?.members ?? [];
  }

  /** Builds the network and starts etcd, the instruments and the daemons. @throws Error */
  async start(signal: AbortSignal): Promise<void> {
    await this.network.start(signal);
    if (this.#options.etcd !== false) {
      this.#options.onProgress?.(`starting etcd on ${this.#members} hosts`);
      const { etcdProgram } = this.#options;
      this.#cluster = await startCluster({
        size: this.#members,
        ...(etcdProgram !== undefined && { program: etcdProgram }),
        dir: join(this.dir, 'etcd'),
        netns: (index) => names.hostNamespace(this.#run, index),
        host: (index) => names.hostAddress(index, this.etcdOver),
        clientPort: () => ETCD_PORT,
        // The observer speaks the JSON gateway's language.
        extraArgs: ['--enable-grpc-gateway=true'],
      });
      await this.observer.start();
    }
    signal.throwIfAborted();
    await this.instruments.start();
    for (const host of this.hosts) await host.startDaemon();
  }

  /** The host that alone answers for all VIPs, as the client sees it. */
  holder(): LabHost | undefined {
    const macs = new Set(this.vips.map((vip) => this.instruments.answering(vip)?.mac));
    const [mac] = macs;
    return macs.size === 1 ? this.hosts.find((host) => host.mac === mac) : undefined;
  }

  /** How long `holder` has been what it is now, in milliseconds. */
  holderForMs(): number {
    const since = this.vips.map((vip) => this.instruments.answering(vip)?.since ?? Infinity);
    return this.clock.now() - Math.max(...since);
  }

  /** Resolves when one host holds the VIPs and everything is ready for the next fault. */
  async settled(signal: AbortSignal): Promise<LabHost> {
    return settled(this, signal);
  }

  /** Repeats a scenario and judges it. */
  async run(scenario: Scenario, options: RunOptions): Promise<ScenarioResult> {
    return runScenario(this, scenario, { onProgress: this.#options.onProgress, ...options });
  }

  /** Ends every process and removes every namespace and file. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    const note = (error: unknown): void => void failures.push(error);
    await Promise.all(this.hosts.map((host) => host[Symbol.asyncDispose]().catch(note)));
    await this.observer[Symbol.asyncDispose]().catch(note);
    await this.instruments[Symbol.asyncDispose]().catch(note);
    await this.#cluster?.stop().catch(note);
    await this.network[Symbol.asyncDispose]().catch(note);
    await rm(this.dir, { recursive: true, force: true }).catch(note);
    if (failures.length > 0) throw new AggregateError(failures, 'the lab left something behind');
    await unregisterRun(this.#run);
  }

  get #members(): number {
    const { nodes = 3, etcdMembers = nodes } = this.#options;
    return etcdMembers;
  }

  #host(index: number): LabHost {
    const node = names.hostName(index);
    const command = this.#options.daemon ?? daemonCommand;
    const members = this.#members;
    const saboteur = this.#options.saboteur === true;
    return new LabHost({
      clock: this.clock,
      index,
      name: node,
      namespace: names.hostNamespace(this.#run, index),
      mac: names.hostMac(index, 'end0'),
      dir: this.dir,
      command: (runtimeDir, args) => {
        const endpoints = Array.from({ length: members }, (_, shift) =>
          this.#endpoint((index + shift) % members),
        );
        const profile = profileOfHost(this.profile, index);
        return command({ node, vips: this.vips, endpoints, runtimeDir, profile, saboteur, args });
      },
    });
  }

  #endpoint(index: number): string {
    return `http://${names.hostAddress(index, this.etcdOver)}:${ETCD_PORT}`;
  }
}
