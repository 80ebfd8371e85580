import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, systemClock } from '../clock.ts';
import { OperatorError } from '../errors.ts';

/** Certificates of the client port (paths of PEM files); peers speak plain HTTP. */
export interface EtcdTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Who signs the clients' certificates. */
  readonly caFile?: string;
  /** Refuse clients without a certificate of that CA. */
  readonly clientCertAuth?: boolean;
}

export interface EtcdMemberOptions {
  readonly name: string;
  /** Address that it listens on and advertises. */
  readonly host: string;
  readonly clientPort: number;
  readonly peerPort: number;
  /** Holds the data directory and the log. */
  readonly dir: string;
  /** `name=peerUrl,…` of all members. */
  readonly initialCluster: string;
  /** Run in this network namespace (`ip netns`). */
  readonly netns?: string;
  readonly tls?: EtcdTls;
  /** Default: `etcd` of the path. */
  readonly program?: string;
  readonly extraArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Logged when a member has joined a quorum and opens its client port (etcd embed/serve.go). */
const SERVING = /serving client (traffic|requests)|ready to serve client requests/;
const START_TIMEOUT_MS = 30_000;
const LOG_POLL_MS = 25;
/** A leader whose peers end too waits 7 s for its successor; the log is on disk anyway. */
const STOP_TIMEOUT_MS = 1_000;
const SETPRIV = '/usr/bin/setpriv';
/** etcd 3.4 refuses to start elsewhere than on amd64 without it (etcdmain/etcd.go). */
const ARCH_ENV = process.arch === 'x64' ? {} : { ETCD_UNSUPPORTED_ARCH: process.arch };

const running = new Set<ChildProcess>();
let guarded = false;

/** setpriv makes the kernel kill etcd when we die of SIGKILL; this serves an ordinary exit. */
function killOnExit(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
  if (guarded) return;
  guarded = true;
  process.once('exit', () => {
    for (const left of running) left.kill('SIGKILL');
  });
}

/** One etcd process of a test or the lab. Data stay in its directory over restarts. */
export class EtcdMember {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  readonly dataDir: string;
  readonly initialCluster: string;
  readonly logFile: string;
  readonly #options: EtcdMemberOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #spawnError: NodeJS.ErrnoException | undefined;

  constructor(options: EtcdMemberOptions) {
    const host = options.host.includes(':') ? `[${options.host}]` : options.host;
    this.#options = options;
    this.name = options.name;
    this.clientUrl = `${options.tls ? 'https' : 'http'}://${host}:${options.clientPort}`;
    this.peerUrl = `http://${host}:${options.peerPort}`;
    this.dataDir = join(options.dir, options.name);
    this.initialCluster = options.initialCluster;
    this.logFile = join(options.dir, `${options.name}.log`);
  }

  /** Process ID of etcd itself, undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts the process. Resolves when it serves clients, which needs a quorum: start the members of
   * a new cluster together.
   * @throws OperatorError when etcd is missing, ends early or does not serve within 30 s.
   */
  async start(): Promise<void> {
    if (this.#child) throw new OperatorError(`etcd ${this.name} runs already`);
    await mkdir(this.#options.dir, { recursive: true });
    const log = await open(this.logFile, 'a');
    const from = (await log.stat()).size;
    try {
      this.#launch(log.fd);
    } finally {
      await log.close();
    }
    const deadline = after(systemClock.now(), START_TIMEOUT_MS);
    while (!SERVING.test((await readFile(this.logFile)).subarray(from).toString())) {
      const late = systemClock.now() > deadline;
      if (this.#child && !late) {
        await systemClock.sleep(LOG_POLL_MS);
        continue;
      }
      await this.stop();
      throw await this.#startFailure(late);
    }
  }

  /** Sends a signal to etcd; false when it does not run. */
  kill(signal: NodeJS.Signals): boolean {
    return this.#child?.kill(signal) ?? false;
  }

  /** Sends SIGKILL and waits for the end: a crash. The data stay. */
  async crash(): Promise<void> {
    this.kill('SIGKILL');
    await this.#ended;
  }

  /** Stops every thread of etcd: its connections stay open and silent. */
  freeze(): void {
    this.kill('SIGSTOP');
  }

  thaw(): void {
    this.kill('SIGCONT');
  }

  /** Ends the process, gracefully first, by SIGKILL after 1 s. Idempotent. */
  async stop(): Promise<void> {
    this.kill('SIGTERM');
    this.thaw();
    const stop = systemClock.timer(STOP_TIMEOUT_MS, () => this.kill('SIGKILL'));
    await this.#ended;
    stop();
  }

  #launch(logFd: number): void {
    const [command = '', ...args] = this.#commandLine();
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', logFd],
      env: { PATH: process.env['PATH'] ?? '', ...ARCH_ENV, ...this.#options.env },
    });
    this.#child = child;
    this.#spawnError = undefined;
    killOnExit(child);
    this.#ended = new Promise((resolve) => {
      const ended = (): void => {
        if (this.#child === child) this.#child = undefined;
        running.delete(child);
        resolve();
      };
      child.once('exit', ended);
      child.once('error', (error) => {
        this.#spawnError = error;
        ended();
      });
    });
  }

  #commandLine(): readonly string[] {
    const { name, netns, initialCluster, tls, program = 'etcd', extraArgs = [] } = this.#options;
    // Both `ip netns exec` and `setpriv` replace themselves by exec: the pid is etcd's.
    const netnsArgs = netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
    const dieWithUs = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL'] : [];
    const tlsArgs = tls ? [`--cert-file=${tls.certFile}`, `--key-file=${tls.keyFile}`] : [];
    if (tls?.caFile !== undefined) tlsArgs.push(`--trusted-ca-file=${tls.caFile}`);
    if (tls?.clientCertAuth === true) tlsArgs.push('--client-cert-auth');
    const { clientUrl, peerUrl, dataDir } = this;
    return [
      ...netnsArgs,
      ...dieWithUs,
      program,
      `--name=${name}`,
      `--data-dir=${dataDir}`,
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=${initialCluster}`,
      // 3.4 has pre-vote off: a member that was cut off would force an election on return.
      '--pre-vote=true',
      '--logger=zap',
      '--log-outputs=stderr',
      // The gateway would need a client certificate of its own, and serves nobody here.
      '--enable-grpc-gateway=false',
      ...tlsArgs,
      ...extraArgs,
    ];
  }

  async #startFailure(late: boolean): Promise<OperatorError> {
    const log = await readFile(this.logFile, 'utf8');
    const missing =
      this.#spawnError?.code === 'ENOENT' || /(setpriv|exec).*etcd.*No such file/.test(log);
    if (missing) {
      return new OperatorError('etcd is not installed: install the package etcd-server');
    }
    const tail = log.trimEnd().split('\n').slice(-5).join('\n');
    const what = late ? `does not serve after ${START_TIMEOUT_MS} ms` : 'ended early';
    return new OperatorError(`etcd ${this.name} ${what}:\n${tail}`, undefined, {
      cause: this.#spawnError,
    });
  }
}
