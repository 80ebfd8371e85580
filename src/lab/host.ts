import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { OperatorError } from '../errors.ts';
import { ip } from './ip.ts';
import { processTree, signalAll } from './process-tree.ts';
import { readUsage, type Usage } from './usage.ts';

const STOP_TIMEOUT_MS = 5_000;
/** util-linux: the kernel kills the daemon when the lab itself dies of SIGKILL. */
const SETPRIV = '/usr/bin/setpriv';

/** Meant for a program, of however many processes it consists. */
const WHOLE: ReadonlySet<NodeJS.Signals> = new Set(['SIGKILL', 'SIGSTOP', 'SIGCONT']);

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

export interface LabHostOptions {
  readonly clock: Clock;
  readonly index: number;
  readonly name: string;
  readonly namespace: string;
  readonly mac: string;
  /** Keeps the daemon's log and its runtime directory. */
  readonly dir: string;
  /** What runs as the daemon; given the host's runtime directory and further arguments. */
  readonly command: (runtimeDir: string, args: readonly string[]) => Command;
}

/** An address as `ip -json address` lists it. */
export interface HostAddress {
  readonly link: string;
  readonly address: string;
  readonly prefixLength: number;
}

/** One host of the lab with the daemon on it. */
export class LabHost implements AsyncDisposable {
  readonly index: number;
  readonly name: string;
  readonly namespace: string;
  /** MAC of `end0`. */
  readonly mac: string;
  readonly logFile: string;
  readonly runtimeDir: string;
  readonly #options: LabHostOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: LabHostOptions) {
    this.#options = options;
    this.index = options.index;
    this.name = options.name;
    this.namespace = options.namespace;
    this.mac = options.mac;
    this.logFile = join(options.dir, `${options.name}.log`);
    this.runtimeDir = join(options.dir, `${options.name}-run`);
  }

  /** True until the daemon's process has ended. */
  get running(): boolean {
    return this.#child !== undefined;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the daemon; resolves when the process runs, long before it is a candidate. */
  async startDaemon(args: readonly string[] = []): Promise<void> {
    if (this.#child) throw new OperatorError(`the daemon on ${this.name} runs already`);
    await mkdir(this.runtimeDir, { recursive: true, mode: 0o700 });
    const log = await open(this.logFile, 'a');
    try {
      await this.#spawn(this.#options.command(this.runtimeDir, args), log.fd);
    } finally {
      await log.close();
    }
  }

  /**
   * Sends the daemon a signal; false when it does not run. What a process cannot answer, and the way
   * out of it, meets every process that the daemon has started, too.
   */
  signal(signal: NodeJS.Signals): boolean {
    const child = this.#child;
    if (child?.pid === undefined) return false;
    if (!WHOLE.has(signal)) return child.kill(signal);
    const [, ...descendants] = processTree(child.pid);
    if (signal === 'SIGKILL' && descendants.length > 0) {
      // A child may notice the death of its parent, and must not do anything about it.
      child.kill('SIGSTOP');
      signalAll(descendants, 'SIGSTOP');
    }
    signalAll(descendants, signal);
    return child.kill(signal);
  }

  /** Resolves when the daemon's process has ended, by whatever. */
  async ended(): Promise<void> {
    await this.#ended;
  }

  /** SIGKILL, and waits for the end. */
  async killDaemon(): Promise<void> {
    this.signal('SIGKILL');
    await this.#ended;
  }

  /** Everything that the daemon, in all its lives, wrote. */
  async daemonLog(): Promise<string> {
    return existsSync(this.logFile) ? readFile(this.logFile, 'utf8') : '';
  }

  /** The lines of the log that are JSON objects. */
  async daemonRecords(): Promise<Record<string, unknown>[]> {
    const lines = (await this.daemonLog()).split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The host's IPv4 and IPv6 addresses, in kernel order. */
  async addresses(): Promise<HostAddress[]> {
    const links = JSON.parse(await ip('-n', this.namespace, '-j', 'address')) as {
      ifname: string;
      addr_info: { local: string; prefixlen: number }[];
    }[];
    return links.flatMap(({ ifname, addr_info: infos }) =>
      infos.map(({ local, prefixlen }) => ({
        link: ifname,
        address: local,
        prefixLength: prefixlen,
      })),
    );
  }

  /** What the daemon, all its processes, has used so far; undefined when it does not run. */
  async usage(): Promise<Usage | undefined> {
    if (this.pid === undefined) return undefined;
    const [own, ...others] = processTree(this.pid);
    // A descendant may end while it is looked at.
    const asked = others.map((pid) => readUsage(pid).catch(() => ({ rssMib: 0, cpuMs: 0 })));
    const usages = [await readUsage(own ?? this.pid), ...(await Promise.all(asked))];
    return {
      rssMib: usages.reduce((sum, { rssMib }) => sum + rssMib, 0),
      cpuMs: usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    };
  }

  /** Ends the daemon: SIGTERM, after 5 s SIGKILL. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGTERM');
    this.signal('SIGCONT');
    const cancel = this.#options.clock.timer(STOP_TIMEOUT_MS, () => this.signal('SIGKILL'));
    await this.#ended;
    cancel();
  }

  async #spawn(command: Command, logFd: number): Promise<void> {
    const dieWithUs = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL'] : [];
    // `ip netns exec` and `setpriv` become the daemon by exec: the pid is the daemon's.
    const args = ['netns', 'exec', this.namespace, ...dieWithUs, ...command];
    const child = spawn('ip', args, {
      stdio: ['ignore', logFd, logFd],
      detached: true,
      // No `VIP_ELECTOR_…` of the operator's shell: every daemon is as the lab says, whoever runs it.
      env: { PATH: process.env['PATH'] },
    });
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => {
        if (this.#child === child) this.#child = undefined;
        resolve();
      });
      child.once('error', () => resolve());
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    this.#child = child;
  }
}
